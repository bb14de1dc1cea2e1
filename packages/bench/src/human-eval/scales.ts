/** The paper's scale. */
const LIKERT = {
  choices: [1, 2, 3, 4, 5],
  names: ['very poor', 'poor', 'fair', 'good', 'excellent'],
} as const;

/** What raters judge of a response: the paper's criteria (section 4.8), worded for people. */
export const SCALES = [
  {
    key: 'localisation',
    label: 'Localisation',
    hint: 'Does it name the right things, in the right places?',
    ...LIKERT,
  },
  {
    key: 'coherence',
    label: 'Coherence',
    hint: 'Does its reasoning hold together?',
    ...LIKERT,
  },
  {
    key: 'overall',
    label: 'Overall',
    hint: 'How good is it as an answer?',
    ...LIKERT,
  },
  {
    key: 'factualError',
    label: 'Factual error',
    hint: 'Does it say anything that the image shows to be false?',
    choices: [0, 1],
    names: ['no', 'yes'],
  },
] as const;

/** Name of a scale, as it is stored. `factualError` is a flag: 1 where the response holds a factual error. */
export type ScaleKey = (typeof SCALES)[number]['key'];

/** Whether a scale has this value. */
export function isChoice(key: ScaleKey, value: number): boolean {
  return SCALES.some((scale) => scale.key === key && scale.choices.some((choice) => choice === value));
}
