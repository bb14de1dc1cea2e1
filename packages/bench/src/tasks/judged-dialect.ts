import { benchError } from '../error.js';
import type { BenchmarkTask, ScoreInput } from './benchmark-task.js';
import { expectDialect } from './expect-dialect.js';

/** The dialect of a number whose judge reads this project's own prompt. */
const OWN_JUDGE = 'fgam-judge';

/**
 * The dialect of a number that a judge gives: `fgam-judge` where the judge reads this project's own prompt,
 * and no other then, as the official prompts' texts are not in this package. Without a judge, or with a given
 * prompt, it is the one that was asked for.
 *
 * @throws FgamError `bench/bad-input` where another one was asked for, `bench/unknown-dialect`
 */
export function judgedDialect<Dialect extends string>(
  task: Pick<BenchmarkTask, 'name'> & {
    readonly dialects: readonly [Dialect, ...(Dialect | typeof OWN_JUDGE)[]];
  },
  { dialect, judge, judgePrompt }: Pick<ScoreInput, 'dialect' | 'judge' | 'judgePrompt'>,
): Dialect | typeof OWN_JUDGE {
  const isOwn = judge !== undefined && judgePrompt === undefined;
  if (dialect === undefined) return isOwn ? OWN_JUDGE : task.dialects[0];
  const asked = expectDialect<Dialect | typeof OWN_JUDGE>(task, dialect);
  if (isOwn !== (asked === OWN_JUDGE))
    throw benchError(
      'bench/bad-input',
      isOwn
        ? `${task.name}: expected the text of the judge's prompt for the dialect ${asked}, got none; give the official one, or score by the dialect ${OWN_JUDGE}`
        : `${task.name}: expected a judge and no prompt of its own for the dialect ${OWN_JUDGE}, got ${judge === undefined ? 'no judge' : 'a prompt'}; name another dialect`,
    );
  return asked;
}
