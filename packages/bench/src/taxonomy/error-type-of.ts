const TYPES: ReadonlyMap<string, string> = new Map([
  ['existence', 'object'],
  ['attribute', 'attribute'],
  ['spatial', 'relation'],
  ['location', 'relation'],
]);

/**
 * What a wrong answer to a question of a kind is an error of: the paper's type (object, attribute, relation,
 * reasoning), else the kind itself, as `grounding`. A caption can have errors of several types.
 *
 * @example
 * ```ts
 * import { errorTypeOf } from '@fgam/bench';
 *
 * if (errorTypeOf('existence') !== 'object' || errorTypeOf('grounding') !== 'grounding') throw new Error();
 * ```
 */
export function errorTypeOf(kind: string): string {
  return TYPES.get(kind) ?? kind;
}
