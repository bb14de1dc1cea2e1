import { escapeSlot } from './escape-slot.js';

/** Texts by name as one line of JSON, which none of them can end; special tokens in them are broken (`escapeSlot`). */
export function jsonLine(texts: Readonly<Record<string, string>>): string {
  const escaped = Object.entries(texts).map(([name, text]) => [name, escapeSlot(text)]);
  // JSON lets these stand, and they are ends of lines.
  return JSON.stringify(Object.fromEntries(escaped)).replace(
    /[\u2028\u2029\u0085]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
