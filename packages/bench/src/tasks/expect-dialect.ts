import { benchError } from '../error.js';
import type { BenchmarkTask } from './benchmark-task.js';

/**
 * The dialect that was asked for, or the task's default.
 *
 * @throws FgamError `bench/unknown-dialect` that names those there are
 */
export function expectDialect<Dialect extends string>(
  task: Pick<BenchmarkTask, 'name'> & { readonly dialects: readonly [Dialect, ...Dialect[]] },
  dialect: string | undefined,
): Dialect {
  if (dialect === undefined) return task.dialects[0];
  const known = task.dialects.find((each) => each === dialect);
  if (known === undefined)
    throw benchError(
      'bench/unknown-dialect',
      `${task.name}: expected a dialect of ${task.dialects.join(', ')}, got ${dialect}; choose one of them`,
    );
  return known;
}
