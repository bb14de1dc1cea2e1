import type { Region } from '@fgam/data';
import type { ViewRow } from './view-source.js';

/** Labels that are named in a line of the list. */
const NAMED = 6;

/** What a list needs of a sample. */
export interface SampleWords {
  readonly id: string;
  readonly caption?: string;
  readonly split?: string;
  readonly regions: readonly Pick<Region, 'label' | 'description' | 'source'>[];
  /** How its regions are to each other, in a word or a few. */
  readonly relations?: readonly string[];
}

/** A sample as a line of the list: found by its id, caption, labels, descriptions and relations. */
export function sampleRow({ id, caption, split, regions, relations = [] }: SampleWords): ViewRow {
  const labels = unique(regions.map(({ label }) => label));
  const sources = unique(regions.map(({ source }) => source));
  const more = labels.length > NAMED ? ` and ${labels.length - NAMED} more` : '';
  const texts = regions.flatMap(({ label, description }) => [label, description]);
  const predicates = unique(relations);
  return {
    title: id,
    note: `${regions.length} ${regions.length === 1 ? 'region' : 'regions'}: ${labels.slice(0, NAMED).join(', ')}${more}`,
    badges: split === undefined ? [] : [{ text: split }],
    text: unique([id, caption ?? '', ...texts, ...predicates])
      .join('\n')
      .toLowerCase(),
    facets: {
      split: split === undefined ? [] : [split],
      label: labels,
      source: sources,
      relation: predicates,
    },
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
