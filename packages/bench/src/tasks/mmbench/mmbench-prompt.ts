/**
 * What the judge is asked where neither letter nor text tells which option an answer means, in this project's
 * own words, with `{}` for question, options and answer; a change is a new version. VLMEvalKit's own prompt
 * (`build_prompt` of its `vlmeval/dataset/utils/multiple_choice.py`, Apache-2.0) can be given in its place
 * (`judgePrompt`): no text of another project is in this package.
 */
export const MMBENCH_PROMPT = {
  version: 'fgam-1',
  text: `Which of the options does an answer to a multiple-choice question mean? Reply with the letter of that option alone. If it means none of them, or several, reply Z.

Question: What is on the plate?
Options: A. bread B. soup C. rice
Answer: some slices of a loaf
Letter: A

Question: What is on the plate?
Options: A. bread B. soup C. rice
Answer: a bunch of flowers
Letter: Z

Question: {}
Options: {}
Answer: {}
Letter: `,
} as const;
