/**
 * A phrase as Grounding DINO's text takes it: lower case, single spaces, without `.` and `?`,
 * which end a phrase there.
 */
export function normalizePhrase(phrase: string): string {
  return phrase
    .toLowerCase()
    .replace(/[.?\s]+/g, ' ')
    .trim();
}

/** The text of normalised phrases: `a cat. a remote control.` */
export function promptOf(texts: readonly string[]): string {
  return texts.map((text) => `${text}.`).join(' ');
}
