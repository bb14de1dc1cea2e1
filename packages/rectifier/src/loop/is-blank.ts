import { foldSpace } from '../feedback/format-feedback.js';

/** Whether a response says nothing: it is empty, or white space alone. */
export function isBlank(response: string): boolean {
  return foldSpace(response) === '';
}
