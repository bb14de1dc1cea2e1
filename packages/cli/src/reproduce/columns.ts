/** A column of a table. */
export type Column = readonly [heading: string, metric: string];

/** Accuracy by task. */
export const TASK_COLUMNS: readonly Column[] = [
  ['existence', 'existence.accuracy'],
  ['spatial', 'spatial.accuracy'],
  ['grounding', 'grounding.precisionAt50'],
  ['attribute', 'attribute.accuracy'],
  ['reasoning', 'reasoning.accuracy'],
];
