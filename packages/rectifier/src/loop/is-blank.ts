import { foldSpace } from '../feedback/format-feedback.js';

/**
 * Whether a response says nothing: it is empty, or white space alone.
 *
 * @example
 * ```ts
 * import { isBlank } from '@fgam/rectifier';
 *
 * if (!isBlank(' \n') || isBlank('no')) throw new Error('expected white space alone to be blank');
 * ```
 */
export function isBlank(response: string): boolean {
  return foldSpace(response) === '';
}
