import type { Region, RegionSample } from './records.js';

/**
 * A sample with some of its regions, and nothing that speaks of the others: relations that name one go, ours
 * (`relations`) and those in the annotators' words (`annotatedRelations`). The labels of regions that go are
 * in `incomplete` from now on, so that nobody takes those that stay for all: of three dogs, one of which
 * goes, no count is asked.
 *
 * @param sample - stays as it is
 * @param regions - those of the sample's that stay, in the order that they shall have; told apart by their ids
 * @example
 * ```ts
 * import { keepRegions } from '@fgam/data';
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const dogs = ['1', '2'].map((id) => ({ id, box, label: 'dog', description: 'a dog', source: 'hand' }));
 * const annotatedRelations = [{ subject: '1', predicate: 'chases', object: '2' }];
 * const sample = { id: 'a', image: 'a.jpg', width: 8, height: 8, regions: dogs, annotatedRelations };
 * const kept = keepRegions(sample, dogs.slice(0, 1));
 * if (kept.annotatedRelations?.length !== 0 || String(kept.incomplete) !== 'dog') throw new Error(JSON.stringify(kept));
 * ```
 */
export function keepRegions(sample: RegionSample, regions: readonly Region[]): RegionSample {
  const ids = new Set(regions.map(({ id }) => id));
  const bothStay = ({ subject, object }: { readonly subject: string; readonly object: string }): boolean =>
    ids.has(subject) && ids.has(object);
  const { relations, annotatedRelations } = sample;
  const gone = sample.regions.filter(({ id }) => !ids.has(id)).map(({ label }) => label);
  const { incomplete: before = [] } = sample;
  const incomplete = before === 'all' ? before : [...new Set([...before, ...gone])];
  return {
    ...sample,
    regions,
    ...(relations === undefined ? {} : { relations: relations.filter(bothStay) }),
    ...(annotatedRelations === undefined ? {} : { annotatedRelations: annotatedRelations.filter(bothStay) }),
    ...(incomplete.length > 0 ? { incomplete } : {}),
  };
}
