import { type BootstrapOptions, type Interval, ratioInterval } from '../../bootstrap.js';

/** The 95 % interval of a mean of credits in percent, by a bootstrap over groups (images). */
export function percentInterval(
  credits: readonly number[],
  groups: readonly string[],
  options: BootstrapOptions = {},
): Interval {
  const [low, high] = ratioInterval(
    credits,
    credits.map(() => 1),
    groups,
    options,
  );
  return [100 * low, 100 * high];
}
