import type { RegionSample } from '../records.js';
import { labelPatterns } from './label-patterns.js';
import { lintCounts } from './lint-counts.js';
import { lintPositions } from './lint-positions.js';
import { lintRelations } from './lint-relations.js';

/** What a text claims that boxes contradict. */
export interface LintFinding {
  /** Id of the `RegionSample`. */
  readonly sample: string;
  /** Id of the region whose description it is; none for the caption. */
  readonly region?: string;
  readonly kind: 'position' | 'relation' | 'count';
  /** The words that claim it. */
  readonly claim: string;
  /** What the boxes say, in words. */
  readonly evidence: string;
  /** Ids of the regions that say so. */
  readonly regions: readonly string[];
}

/** A text of a sample that is looked at. */
export interface LintedText {
  readonly text: string;
  /** The region that it describes; none for the caption. */
  readonly region?: string;
}

/**
 * Finds claims of a sample's caption and descriptions that its boxes contradict:
 *
 * - `position`: a description places its region on one side of the image (`positionClaims`: "on the left",
 *   "in the top right corner"), and the whole box is on the other;
 * - `relation`: a text says that one thing is left of, right of, above or below another, each label is that
 *   of one region, and the boxes' centres lie the other way round; "is not right of" says nothing;
 * - `count`: a text names a number of things of a label, and there are fewer such boxes, or, for `exactly`,
 *   `only` and `there are`, more. "at least", "up to", "fewer than" and the like, and numbers of something
 *   else ("8 year old boys") say nothing. Labels with crowd regions are left out.
 *
 * Of names inside one another the longest counts, COCO's 80 among them: "two hot dogs" are no dogs. Labels
 * without letters or digits are skipped.
 *
 * It reads English by patterns, and says nothing where it is not sure which region is meant: what it finds is
 * worth a look, what it does not find may still be wrong. Boxes are taken for complete: a data set that
 * annotates some things only gives findings of its own gaps.
 *
 * @example
 * ```ts
 * import { lintSample } from '@fgam/data';
 *
 * const dog = {
 *   id: '1',
 *   box: { x0: 0.7, y0: 0.2, x1: 0.9, y1: 0.5 },
 *   label: 'dog',
 *   description: 'a dog on the left',
 *   source: 'mine',
 * };
 * const [finding] = lintSample({ id: 'a', image: 'a.jpg', width: 64, height: 64, regions: [dog] });
 * if (finding?.kind !== 'position') throw new Error('expected a contradiction');
 * ```
 */
export function lintSample(sample: RegionSample): LintFinding[] {
  const texts: LintedText[] = [
    ...(sample.caption === undefined ? [] : [{ text: sample.caption }]),
    ...sample.regions.map(({ id, description }) => ({ text: description, region: id })),
  ];
  const labels = labelPatterns(sample);
  const { incomplete = [] } = sample;
  const counted = incomplete === 'all' ? [] : labels.filter(({ label }) => !incomplete.includes(label));
  return texts.flatMap((linted) => [
    ...lintPositions(sample, linted),
    ...lintRelations(sample.id, linted, labels),
    ...lintCounts(sample.id, linted, counted),
  ]);
}
