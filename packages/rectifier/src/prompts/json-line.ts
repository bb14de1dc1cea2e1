import { escapeSlot } from './escape-slot.js';

/**
 * Texts by name, also in lists and records, as one line of JSON, which none of them can end; special tokens
 * in them are broken (`escapeSlot`).
 */
export function jsonLine(facts: Readonly<Record<string, unknown>>): string {
  const line = JSON.stringify(facts, (_, value: unknown) =>
    typeof value === 'string' ? escapeSlot(value) : value,
  );
  // JSON lets these stand, and they are ends of lines.
  return line.replace(
    /[\u2028\u2029\u0085]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
