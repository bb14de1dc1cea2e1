import type { BuildShardsOptions } from './build-shards.js';
import { checkRegionSample } from './check-region-sample.js';
import { type DataSplit, splitOf } from './data-split.js';
import { FgamError } from './error.js';
import type { DuplicateGroup } from './find-duplicates.js';
import type { RegionSample } from './records.js';
import { selectSample } from './select-regions.js';
import type { Skip } from './skips.js';

/** The samples of one shard. */
export interface ShardCut {
  /** `train-00000` */
  readonly name: string;
  readonly split: DataSplit;
  readonly samples: readonly RegionSample[];
}

/**
 * Cuts samples into shards, in order, and says which are left out.
 *
 * @throws FgamError `data/bad-record` for a sample that shards cannot hold; `data/bad-config` where
 * `splitOf` gives no split
 */
export async function* cutShards(
  options: BuildShardsOptions,
): AsyncGenerator<ShardCut | Skip, void, undefined> {
  const { imagesPerShard = 5000, validation = 0.1, seed = 0, minSide = 0 } = options;
  const { groups = [], mode } = options.duplicates ?? {};
  const groupOf = new Map(groups.flatMap((group) => group.ids.map((id) => [id, group] as const)));
  const shown = new Map<DuplicateGroup, { readonly id: string; readonly split: DataSplit }>();
  const waiting: Record<DataSplit, RegionSample[]> = { train: [], validation: [] };
  const cut: Record<DataSplit, number> = { train: 0, validation: 0 };
  const seen = new Set<string>();
  const take = (split: DataSplit): ShardCut => {
    const samples = waiting[split];
    waiting[split] = [];
    return { name: `${split}-${String(cut[split]++).padStart(5, '0')}`, split, samples };
  };
  const splitFor = (sample: RegionSample, id: string): DataSplit =>
    options.splitOf ? checkedSplit(options.splitOf(sample), sample) : splitOf(id, { validation, seed });
  for await (const sample of options.samples) {
    checkRegionSample('buildShards', sample);
    const { id, image: file } = sample;
    if (seen.has(id)) {
      yield { file, id, reason: 'duplicate-id', detail: 'a sample of this id exists' };
      continue;
    }
    seen.add(id);
    const group = groupOf.get(id);
    const twin = group && shown.get(group);
    if (mode === 'drop' && twin !== undefined) {
      yield { file, id, reason: 'duplicate-image', detail: `shows the photo of ${twin.id}` };
      continue;
    }
    const split =
      mode === 'one-split' && twin !== undefined
        ? twin.split
        : splitFor(sample, (mode === 'one-split' && group?.ids[0]) || id);
    if (group && twin === undefined) shown.set(group, { id, split });
    waiting[split].push(selectSample(sample, { minSide }));
    if (waiting[split].length === imagesPerShard) yield take(split);
  }
  for (const split of ['train', 'validation'] as const) if (waiting[split].length > 0) yield take(split);
}

function checkedSplit(split: DataSplit, { id }: RegionSample): DataSplit {
  if (['train', 'validation'].includes(split)) return split;
  throw new FgamError(
    'data/bad-config',
    `buildShards: expected splitOf to give train or validation, got ${JSON.stringify(split)} for ${id}`,
  );
}
