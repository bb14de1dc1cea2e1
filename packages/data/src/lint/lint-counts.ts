import { COCO_CROWD } from '../select-regions.js';
import { type LabelPatterns, NUMBER_WORDS } from './label-patterns.js';
import type { LintedText, LintFinding } from './lint-sample.js';

/** Numbers of things of a label that differ from the number of its boxes. */
export function lintCounts(
  sample: string,
  { text, region: id }: LintedText,
  labels: readonly LabelPatterns[],
): LintFinding[] {
  return labels.flatMap(({ label, regions, count }): LintFinding[] => {
    if (regions.some(({ source }) => source === COCO_CROWD)) return [];
    return [...text.matchAll(count)].flatMap((match): LintFinding[] => {
      const [claim, only, word = ''] = match;
      const claimed = numberOf(word);
      const isWrong = regions.length < claimed || (only !== undefined && regions.length > claimed);
      if (!isWrong) return [];
      return [
        {
          sample,
          ...(id === undefined ? {} : { region: id }),
          kind: 'count',
          claim: claim.trim(),
          evidence: `${regions.length} ${regions.length === 1 ? 'box' : 'boxes'} of the label ${label}`,
          regions: regions.map((region) => region.id),
        },
      ];
    });
  });
}

function numberOf(word: string): number {
  const index = NUMBER_WORDS.indexOf(word.toLowerCase());
  return index < 0 ? Number(word) : index;
}
