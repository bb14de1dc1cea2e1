import { errorTypeOf } from '../taxonomy/error-type-of.js';

/** A kind of question with its type of error, where that has another name: `existence (object)`. */
export function kindLabel(kind: string): string {
  const type = errorTypeOf(kind);
  return type === kind ? kind : `${kind} (${type})`;
}
