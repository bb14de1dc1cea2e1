import { idText, isFields } from './read-answers.js';

/**
 * A question in messages: its place in its file, and its id where it has one, as `question 3 (17)`.
 *
 * @param place - from 0
 * @param ids - fields that may have the id; the first that does
 */
export function nameOfQuestion(place: number, row: unknown, ids: readonly string[]): string {
  const id = isFields(row) ? ids.flatMap((name) => idText(row[name]) ?? [])[0] : undefined;
  return `question ${place + 1}${id === undefined ? '' : ` (${id})`}`;
}
