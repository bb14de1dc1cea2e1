/**
 * What the judge reads before each row, in this project's own words; a change is a new version, as scores of
 * two versions do not compare.
 *
 * The official prompt stands in `mm-vet_evaluator.py` of github.com/yuweihao/MM-Vet, which names no licence
 * for its code (`LICENSE_DATASET` is of the data, for research alone): numbers that are to be compared with
 * published ones need its text (`judgePrompt`), or the grades that the script wrote.
 */
export const MM_VET_PROMPT = {
  version: 'fgam-1',
  text: `Score how right a model's answer is, given a reference answer. Where the reference has <AND>, every part of it is needed for a full score and each part that is there earns its share. Where it has <OR>, any one of its parts is enough. The score is one of 0.0, 0.1, 0.2, ..., 1.0: 0.0 for an answer that is wrong throughout, 1.0 for one that is fully right. An answer in other words than the reference is right if it means the same. Fill the last column of the last row with the score alone.

Question | Reference | Answer | Score
--- | --- | --- | ---
Which two fruits are on the table? | apple <AND> pear | There are grapes. | 0.0
Which two fruits are on the table? | apple <AND> pear | I see an apple. | 0.5
Which two fruits are on the table? | apple <AND> pear | An apple and a banana. | 0.5
Which two fruits are on the table? | apple <AND> pear | A pear beside an apple. | 1.0
What does the sign say? | no parking <OR> parking prohibited | Parking is not allowed here. | 1.0
What happens in this picture? | A man repairs a bicycle in front of a shop while a child holds the lamp for him. | A man stands near a bicycle. | 0.3
What happens in this picture? | A man repairs a bicycle in front of a shop while a child holds the lamp for him. | A child gives light to a man who mends a bike outside a store. | 1.0
`,
} as const;

/** Asked once more at the end of a row whose first answer was no score. */
export const MM_VET_AGAIN = '\nThe score as one number from 0.0 to 1.0: ';
