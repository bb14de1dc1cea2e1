import { benchError, listIds } from '../../error.js';
import type { ScoreInput } from '../benchmark-task.js';
import { expectJudge } from '../expect-judge.js';
import { fillPrompt } from '../fill-prompt.js';
import { judgedDialect } from '../judged-dialect.js';
import { judgeNotes } from '../judge-notes.js';
import { MMHAL_PROMPT } from './mmhal-prompt.js';
import { parseMmhalRating } from './parse-mmhal-rating.js';
import type { MmhalQuestion, MmhalSaid } from './read-mmhal.js';

/** Whose judge: `official` reads the official prompt or gave the replies of the file, `fgam-judge` reads this project's own prompt. */
type MmhalDialect = 'official' | 'fgam-judge';

/** The dialects of MMHal-Bench. */
export const MMHAL_DIALECTS: readonly [MmhalDialect, ...MmhalDialect[]] = ['official', 'fgam-judge'];

/** A question with what is said of it. */
export interface MmhalRow {
  readonly item: MmhalQuestion;
  readonly answer: MmhalSaid;
}

/** Ratings of rows, 0..6, undefined where the judge gave none or several; and whose they are. */
export interface MmhalRatings {
  readonly dialect: MmhalDialect;
  readonly ratings: readonly (number | undefined)[];
  readonly notes: readonly string[];
}

/**
 * The ratings of rows: by a judge of their answers, or by the judge's replies that stand in the file. The two are never mixed.
 *
 * @throws FgamError `bench/no-judge`, `bench/mixed-judges`, `bench/bad-predictions` where some rows are answers and others are replies
 */
export async function rateMmhal(rows: readonly MmhalRow[], input: ScoreInput): Promise<MmhalRatings> {
  const replied = rows.flatMap(({ answer }) => ('judgement' in answer ? [answer] : []));
  if (replied.length > 0) {
    const answers = rows.filter(({ answer }) => 'text' in answer).map(({ item }) => item.id);
    if (answers.length > 0 || input.judge !== undefined)
      throw benchError(
        'bench/bad-predictions',
        `mmhal-bench: expected a judge's replies alone, got ${input.judge === undefined ? `answers too (${listIds(answers)})` : 'a judge too'}; score replies without a judge, and answers with one`,
      );
    const judges = new Set(replied.flatMap(({ judge }) => judge ?? []));
    if (judges.size > 1)
      throw benchError(
        'bench/mixed-judges',
        `mmhal-bench: expected the replies of one judge, got those of ${[...judges].join(' and ')}; let one of them judge all rows`,
      );
    return {
      dialect: judgedDialect({ name: 'mmhal-bench', dialects: MMHAL_DIALECTS }, input),
      ratings: replied.map(({ judgement }) => parseMmhalRating(judgement)),
      notes: [
        `judged by ${[...judges].join('') || 'a judge that the file does not name'}`,
        'the replies have no ids: they are joined by their place',
      ],
    };
  }
  const judge = expectJudge('mmhal-bench', input);
  const dialect = judgedDialect({ name: 'mmhal-bench', dialects: MMHAL_DIALECTS }, input);
  const template = input.judgePrompt ?? MMHAL_PROMPT.text;
  const requests = rows.map(({ item, answer }) => ({
    prompt: fillPrompt('mmhal-bench', template, [
      item.imageContent.join(', '),
      item.question,
      item.reference,
      'text' in answer ? answer.text : '',
    ]),
  }));
  const replies = await judge.judge(requests, input.signal === undefined ? {} : { signal: input.signal });
  return {
    dialect,
    ratings: replies.map(parseMmhalRating),
    notes: judgeNotes(judge, MMHAL_PROMPT.version, input.judgePrompt),
  };
}
