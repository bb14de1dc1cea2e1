import { inspect } from 'node:util';
import type { Port } from '../error.js';
import { ISSUE_KINDS } from '../feedback/feedback-grammar.js';

/** Characters of what came that an error shows. */
const MOST_SHOWN = 200;

type Fields = Readonly<Record<string, unknown>>;

const EXPECTED: Readonly<Record<Port, (result: unknown) => string | undefined>> = {
  answerer: expectedAnswer,
  critic: expectedFeedback,
  decider: expectedDecision,
};

/**
 * How a port's result for one request breaks the port's contract (`Answer`, `Feedback`, `Decision`): what was
 * expected and what came. Undefined where it keeps to it. What passes can be saved as a trajectory and read back;
 * fields that the contract does not have are not looked at.
 */
export function resultFault(port: Port, result: unknown): string | undefined {
  const expected = EXPECTED[port](result);
  return expected === undefined ? undefined : `expected ${expected}, got ${shown(result)}`;
}

/** What came, in a line and not at length. */
export function shown(value: unknown): string {
  const text = inspect(value, {
    breakLength: Infinity,
    compact: true,
    maxArrayLength: 5,
    maxStringLength: 80,
  });
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}

function expectedAnswer(result: unknown): string | undefined {
  if (!isRecord(result) || typeof result['text'] !== 'string') return 'an answer with a text';
  const { tokens } = result;
  const isCounted = tokens === undefined || (typeof tokens === 'number' && tokens >= 0 && tokens < Infinity);
  return isCounted ? undefined : 'the tokens of an answer as a number from 0, or none';
}

function expectedFeedback(result: unknown): string | undefined {
  if (!isRecord(result) || (result['verdict'] !== 'accept' && result['verdict'] !== 'revise'))
    return 'feedback whose verdict is accept or revise';
  const { verdict, confidence, issues, text } = result;
  const isShare = typeof confidence === 'number' && confidence >= 0 && confidence <= 1;
  if (confidence !== undefined && !isShare) return 'a confidence from 0 to 1, or none';
  if (verdict === 'accept') return undefined;
  if (!Array.isArray(issues) || typeof text !== 'string') return 'a refusal with a list of issues and a text';
  if (!issues.every(isIssue))
    return `issues with a kind (${ISSUE_KINDS.join(', ')}), a claim and at most a correction, both texts`;
  return issues.every(isFounded)
    ? undefined
    : 'issues whose evidence, if any, is boxes of four edges and a score, all of them numbers, and by a list of names';
}

function isIssue(issue: unknown): boolean {
  if (!isRecord(issue)) return false;
  const { kind, claim, correction } = issue;
  const isKnown = ISSUE_KINDS.some((each) => each === kind);
  return isKnown && typeof claim === 'string' && (correction === undefined || typeof correction === 'string');
}

/** Whether what an issue goes by can be read: evidence, and who found it. */
function isFounded({ evidence, by }: Fields): boolean {
  const isNamed = by === undefined || (Array.isArray(by) && by.every((name) => typeof name === 'string'));
  if (evidence === undefined) return isNamed;
  if (!isRecord(evidence) || !Array.isArray(evidence['boxes'])) return false;
  return isNamed && Number.isFinite(evidence['score']) && evidence['boxes'].every(isBox);
}

function isBox(box: unknown): boolean {
  return isRecord(box) && ['x0', 'y0', 'x1', 'y1'].every((edge) => Number.isFinite(box[edge]));
}

function expectedDecision(result: unknown): string | undefined {
  const isKnown = result === 'better' || result === 'worse' || result === 'undecided';
  return isKnown ? undefined : 'a decision: better, worse or undecided';
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
