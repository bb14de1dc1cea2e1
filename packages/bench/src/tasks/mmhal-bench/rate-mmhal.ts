import { benchError, listIds } from '../../error.js';
import type { ScoreInput } from '../benchmark-task.js';
import { expectJudge } from '../expect-judge.js';
import { fillPrompt } from '../fill-prompt.js';
import { judgedDialect } from '../judged-dialect.js';
import { JUDGED_DIALECTS, type JudgedRow, type JudgedValues, judgeOfFiles } from '../judged-values.js';
import { judgeNotes } from '../judge-notes.js';
import { MMHAL_PROMPT } from './mmhal-prompt.js';
import { parseMmhalRating } from './parse-mmhal-rating.js';
import type { MmhalQuestion, MmhalSaid } from './read-mmhal.js';

/**
 * The ratings of rows, 0..6: by a judge of their answers, or by the judge's replies that stand in the file.
 * The two are never mixed.
 *
 * @throws FgamError `bench/no-judge`, `bench/mixed-judges`, `bench/bad-predictions` where some rows are
 * answers and others are replies
 */
export async function rateMmhal(
  rows: readonly JudgedRow<MmhalQuestion, MmhalSaid>[],
  input: ScoreInput,
): Promise<JudgedValues> {
  const replied = rows.flatMap(({ answer }) => ('judgement' in answer ? [answer] : []));
  if (replied.length > 0) {
    const answers = rows.filter(({ answer }) => 'text' in answer).map(({ item }) => item.id);
    if (answers.length > 0 || input.judge !== undefined)
      throw benchError(
        'bench/bad-predictions',
        `mmhal-bench: expected a judge's replies alone, got ${input.judge === undefined ? `answers too (${listIds(answers)})` : 'a judge too'}; score replies without a judge, and answers with one`,
      );
    const judge = judgeOfFiles(
      'mmhal-bench',
      'replies',
      replied.flatMap((reply) => reply.judge ?? []),
    );
    return {
      dialect: judgedDialect({ name: 'mmhal-bench', dialects: JUDGED_DIALECTS }, input),
      values: replied.map(({ judgement }) => parseMmhalRating(judgement)),
      notes: [`judged by ${judge}`, 'the replies have no ids: they are joined by their place'],
    };
  }
  const judge = expectJudge('mmhal-bench', input);
  const dialect = judgedDialect({ name: 'mmhal-bench', dialects: JUDGED_DIALECTS }, input);
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
    values: replies.map(parseMmhalRating),
    notes: judgeNotes(judge, MMHAL_PROMPT.version, input.judgePrompt),
  };
}
