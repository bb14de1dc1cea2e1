import type { Judge } from '@fgam/data';
import { benchError, listIds } from '../../error.js';
import type { ScoreInput } from '../benchmark-task.js';
import { expectJudge } from '../expect-judge.js';
import { judgedDialect } from '../judged-dialect.js';
import { judgeNotes } from '../judge-notes.js';
import { MM_VET_AGAIN, MM_VET_PROMPT } from './mm-vet-prompt.js';
import type { MmVetQuestion, MmVetSaid } from './read-mm-vet.js';

/** Whose judge: `official` reads the official prompt or wrote the grades that are given, `fgam-judge` this project's own prompt. */
type MmVetDialect = 'official' | 'fgam-judge';

/** The dialects of MM-Vet. */
export const MM_VET_DIALECTS: readonly [MmVetDialect, ...MmVetDialect[]] = ['official', 'fgam-judge'];

/** A question with what is said of it. */
export interface MmVetRow {
  readonly item: MmVetQuestion;
  readonly answer: MmVetSaid;
}

/** Scores of rows, 0..1, undefined where the judge gave none; and whose they are. */
export interface MmVetScores {
  readonly dialect: MmVetDialect;
  readonly scores: readonly (number | undefined)[];
  readonly notes: readonly string[];
}

/**
 * The scores of rows: by a judge where one is given, else by the grades of the rows. The two are never mixed.
 *
 * @throws FgamError `bench/no-judge`, `bench/mixed-judges`, `bench/bad-predictions` where a row lacks what the others have
 */
export async function scoreMmVet(rows: readonly MmVetRow[], input: ScoreInput): Promise<MmVetScores> {
  const isGraded = rows.some(({ answer }) => answer.grade !== undefined);
  if (input.judge === undefined && isGraded) return gradedScores(rows, input);
  const judge = expectJudge('mm-vet', input);
  const dialect = judgedDialect({ name: 'mm-vet', dialects: MM_VET_DIALECTS }, input);
  const asked = whole(rows, 'the answer', ({ text }) => text);
  const scores = await judgeRows(asked, input.judgePrompt ?? MM_VET_PROMPT.text, judge, input.signal);
  return { dialect, scores, notes: judgeNotes(judge, MM_VET_PROMPT.version, input.judgePrompt) };
}

/** Grades that are in the files: of several runs the mean, as the official evaluator has it. */
function gradedScores(rows: readonly MmVetRow[], input: ScoreInput): MmVetScores {
  const dialect = judgedDialect({ name: 'mm-vet', dialects: MM_VET_DIALECTS }, input);
  const graded = whole(rows, "a judge's score", ({ grade }) => grade);
  const judges = new Set(graded.flatMap(({ said }) => said.judges));
  if (judges.size > 1)
    throw benchError(
      'bench/mixed-judges',
      `mm-vet: expected the grades of one judge, got those of ${[...judges].join(' and ')}; grade all rows by one of them`,
    );
  const [first] = graded;
  const runs = first?.said.scores.length ?? 0;
  const other = graded.find(({ said }) => said.scores.length !== runs);
  if (other !== undefined)
    throw benchError(
      'bench/bad-predictions',
      `mm-vet: expected the same number of runs for each row, got ${runs} and, for ${other.item.id}, ${other.said.scores.length}; let the evaluator end its runs`,
    );
  return {
    dialect,
    scores: graded.map(({ said }) => said.scores.reduce((sum, score) => sum + score, 0) / runs),
    notes: [`graded by ${[...judges].join('') || 'a judge that the file does not name'}, runs: ${runs}`],
  };
}

/** Rows with a part that all of them must have. */
function whole<Part>(
  rows: readonly MmVetRow[],
  name: string,
  partOf: (said: MmVetSaid) => Part | undefined,
): { readonly item: MmVetQuestion; readonly said: Part }[] {
  const lacking: string[] = [];
  const found = rows.flatMap(({ item, answer }) => {
    const said = partOf(answer);
    if (said !== undefined) return [{ item, said }];
    lacking.push(item.id);
    return [];
  });
  if (lacking.length > 0)
    throw benchError(
      'bench/bad-predictions',
      `mm-vet: expected ${name} in each row, got ${lacking.length} rows without (${listIds(lacking)}); answers are scored by a judge, grades without one`,
    );
  return found;
}

/**
 * The score that a judge's reply gives: its first word, a number of 0 to 1.
 *
 * @returns undefined where it is none
 */
export function parseMmVetScore(reply: string): number | undefined {
  const word = (reply.split(' ')[0] ?? '').trim();
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(word)) return undefined;
  const score = Number(word);
  return score >= 0 && score <= 1 ? score : undefined;
}

/**
 * A judge's score of each row, 0..1; undefined where two replies were none. The official script asks up to five times, each time at a
 * higher temperature; a recorded judge has one temperature, so a row is asked for once more in plainer words.
 */
async function judgeRows(
  rows: readonly { readonly item: MmVetQuestion; readonly said: string }[],
  prompt: string,
  judge: Judge,
  signal: AbortSignal | undefined,
): Promise<readonly (number | undefined)[]> {
  const options = signal === undefined ? {} : { signal };
  const prompts = rows.map(({ item, said }) => `${prompt}\n${tableRow(item, said)}`);
  const replies = await judge.judge(
    prompts.map((each) => ({ prompt: each })),
    options,
  );
  const scores = replies.map(parseMmVetScore);
  const again = scores.flatMap((score, index) => (score === undefined ? [index] : []));
  if (again.length === 0) return scores;
  const second = await judge.judge(
    again.map((index) => ({ prompt: `${prompts[index] ?? ''}${MM_VET_AGAIN}` })),
    options,
  );
  for (const [place, index] of again.entries()) scores[index] = parseMmVetScore(second[place] ?? '');
  return scores;
}

function tableRow(item: MmVetQuestion, said: string): string {
  const reference = item.answer.replaceAll('<AND>', ' <AND> ').replaceAll('<OR>', ' <OR> ');
  return [item.question, reference, said, ''].join(' | ');
}
