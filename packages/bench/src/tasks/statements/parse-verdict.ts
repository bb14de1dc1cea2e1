import { stripText } from '../answers/python-text.js';

/** The number of a logit or a label. */
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

/**
 * Whether an answer says that a statement holds: a logit or a label above 0, or a first word of yes, no, true or false.
 *
 * @returns undefined where it says neither
 */
export function parseVerdict(answer: string): boolean | undefined {
  const text = stripText(answer);
  if (NUMBER.test(text)) return Number(text) > 0;
  const word = /^[^\p{L}]*(yes|no|true|false)(?!\p{L})/iu.exec(text)?.[1]?.toLowerCase();
  return word === undefined ? undefined : word === 'yes' || word === 'true';
}

/** An answer of a file as text: a logit, a label, a boolean or a word. */
export function verdictText(answer: unknown): string | undefined {
  if (typeof answer === 'boolean') return String(answer);
  if (typeof answer === 'number' && Number.isFinite(answer)) return String(answer);
  return typeof answer === 'string' ? answer : undefined;
}
