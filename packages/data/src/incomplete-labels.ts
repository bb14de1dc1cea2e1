import type { RegionSample } from './records.js';

/**
 * A sample's `incomplete`: none where nothing was left out, `all` where the label of one thing is not known.
 *
 * @param leftOut - labels of what was left out of the image, undefined where a record does not tell it
 */
export function incompleteLabels(
  leftOut: ReadonlySet<string | undefined> = new Set(),
): Pick<RegionSample, 'incomplete'> {
  if (leftOut.size === 0) return {};
  const known = [...leftOut].filter((label) => label !== undefined);
  return { incomplete: known.length < leftOut.size ? 'all' : known };
}
