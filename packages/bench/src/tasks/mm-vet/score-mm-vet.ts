import type { Judge } from '@fgam/data';
import { benchError, listIds } from '../../error.js';
import type { ScoreInput } from '../benchmark-task.js';
import { expectJudge } from '../expect-judge.js';
import { judgedDialect } from '../judged-dialect.js';
import { JUDGED_DIALECTS, type JudgedRow, type JudgedValues, judgeOfFiles } from '../judged-values.js';
import { judgeNotes } from '../judge-notes.js';
import { MM_VET_AGAIN, MM_VET_PROMPT } from './mm-vet-prompt.js';
import type { MmVetQuestion, MmVetSaid } from './read-mm-vet.js';

type MmVetRow = JudgedRow<MmVetQuestion, MmVetSaid>;

/**
 * The scores of rows, 0..1: by a judge where one is given, else by the grades of the rows. The two are never mixed.
 *
 * @throws FgamError `bench/no-judge`, `bench/mixed-judges`, `bench/bad-predictions` where a row
 * lacks what the others have
 */
export async function scoreMmVet(rows: readonly MmVetRow[], input: ScoreInput): Promise<JudgedValues> {
  const isGraded = rows.some(({ answer }) => answer.grade !== undefined);
  if (input.judge === undefined && isGraded) return gradedScores(rows, input);
  const judge = expectJudge('mm-vet', input);
  const dialect = judgedDialect({ name: 'mm-vet', dialects: JUDGED_DIALECTS }, input);
  const asked = whole(rows, 'the answer', ({ text }) => text);
  const values = await judgeRows(asked, input.judgePrompt ?? MM_VET_PROMPT.text, judge, input.signal);
  return { dialect, values, notes: judgeNotes(judge, MM_VET_PROMPT.version, input.judgePrompt) };
}

/** Grades that are in the files: of several runs the mean, as the official evaluator has it. */
function gradedScores(rows: readonly MmVetRow[], input: ScoreInput): JudgedValues {
  const dialect = judgedDialect({ name: 'mm-vet', dialects: JUDGED_DIALECTS }, input);
  const graded = whole(rows, "a judge's score", ({ grade }) => grade);
  const judge = judgeOfFiles(
    'mm-vet',
    'grades',
    graded.flatMap(({ said }) => said.judges),
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
    values: graded.map(({ said }) => said.scores.reduce((sum, score) => sum + score, 0) / runs),
    notes: [`graded by ${judge}, runs: ${runs}`],
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
 * A judge's score of each row, 0..1; undefined where two replies were none. The official script asks up to
 * five times, each time at a higher temperature; a recorded judge has one temperature, so a row is asked for
 * once more in plainer words.
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
