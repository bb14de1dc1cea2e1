/**
 * Paths at which two plain values differ, in the order of their keys.
 *
 * @example
 * ```ts
 * import { differingPaths } from '@fgam/trainer';
 *
 * const paths = differingPaths({ seed: 1, step: { size: 2 } }, { seed: 1, step: { size: 3 }, name: 'x' });
 * if (paths.join() !== 'step.size,name') throw new Error(paths.join());
 * ```
 */
export function differingPaths(a: unknown, b: unknown, path = ''): string[] {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return Object.is(a, b) ? [] : [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) =>
    differingPaths(
      (a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key],
      path === '' ? key : `${path}.${key}`,
    ),
  );
}
