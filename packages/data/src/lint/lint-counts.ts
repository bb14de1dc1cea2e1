import type { RegionSample } from '../records.js';
import { COCO_CROWD } from '../select-regions.js';
import type { LintedText, LintFinding } from './lint-sample.js';
import { pluralOf } from './noun-forms.js';

const NUMBERS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** Numbers of things of a label that differ from the number of its boxes. */
export function lintCounts(sample: RegionSample, { text, region: id }: LintedText): LintFinding[] {
  const labels = new Set(sample.regions.map(({ label }) => label.toLowerCase()));
  return [...labels].flatMap((label): LintFinding[] => {
    const own = sample.regions.filter((region) => region.label.toLowerCase() === label);
    if (own.some(({ source }) => source === COCO_CROWD)) return [];
    return [...text.matchAll(countOf(label))].flatMap((match): LintFinding[] => {
      const [claim, only, word = ''] = match;
      const claimed = numberOf(word);
      const isWrong = own.length < claimed || (only !== undefined && own.length > claimed);
      if (!isWrong) return [];
      return [
        {
          sample: sample.id,
          ...(id === undefined ? {} : { region: id }),
          kind: 'count',
          claim: claim.trim(),
          evidence: `${own.length} ${own.length === 1 ? 'box' : 'boxes'} of the label ${label}`,
          regions: own.map((region) => region.id),
        },
      ];
    });
  });
}

/** "two brown dogs", "exactly 3 dogs": what limits the number, the number, up to two words, the label in the plural. */
function countOf(label: string): RegExp {
  const noun = pluralOf(label).replaceAll(/[^\p{L}\p{N} ]/gu, '\\$&');
  const number = `${NUMBERS.slice(2).join('|')}|[2-9]|[1-9]\\d`;
  return new RegExp(
    `\\b(exactly |only |there are )?(${number}) (?:(?!of\\b|and\\b|or\\b)[\\p{L}-]+ ){0,2}?${noun}\\b`,
    'giu',
  );
}

function numberOf(word: string): number {
  const index = NUMBERS.indexOf(word.toLowerCase());
  return index < 0 ? Number(word) : index;
}
