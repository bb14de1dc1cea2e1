/**
 * A text as a pattern that matches it alone. Syntax characters only: under the `u` flag an escape of any
 * other (`\-`, `\'`) is an error.
 */
export function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
