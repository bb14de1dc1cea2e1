import type { PaperCell } from './paper-tables.js';
import { halfOf, type PaperValue } from './paper-value.js';

/** A value over seeds with half its interval beneath; nothing where there is no such value. */
export function seedCell(value: PaperValue | undefined, format: (value: number) => string): PaperCell {
  if (value === undefined) return { text: '' };
  if (value.value === null) return { text: 'n/a' };
  const half = halfOf(value);
  return {
    text: format(value.value),
    sort: value.value,
    ...(half === undefined ? {} : { small: `\u00b1 ${format(half)}` }),
  };
}
