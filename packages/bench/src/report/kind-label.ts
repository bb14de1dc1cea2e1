/**
 * What a wrong answer to a question of a kind is an error of: the paper's types, and grounding. A caption can
 * have errors of several types.
 */
const ERROR_OF_KIND: ReadonlyMap<string, string> = new Map([
  ['existence', 'object'],
  ['attribute', 'attribute'],
  ['spatial', 'relation'],
  ['location', 'relation'],
  ['reasoning', 'reasoning'],
  ['grounding', 'grounding'],
]);

/** A kind of question with its type of error, where that has another name: `existence (object)`. */
export function kindLabel(kind: string): string {
  const type = ERROR_OF_KIND.get(kind) ?? kind;
  return type === kind ? kind : `${kind} (${type})`;
}
