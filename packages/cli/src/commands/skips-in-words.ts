import { countSkips, type Skip } from '@fgam/data';

/**
 * What was left out, by reason, as the end of a command's text:
 * `; skipped: bad-box 2 (skipped.jsonl)`; nothing for none.
 */
export function skipsInWords(skipped: readonly Skip[]): string {
  const reasons = Object.entries(countSkips(skipped)).map(([reason, count]) => `${reason} ${count}`);
  return reasons.length > 0 ? `; skipped: ${reasons.join(', ')} (skipped.jsonl)` : '';
}
