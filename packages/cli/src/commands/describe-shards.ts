import { join } from 'node:path';
import { buildShards, readSkips, type RegionSample, type ShardManifest, type Skip } from '@fgam/data';
import type { DescribeRegionsOptions, UndescribedRegion } from '@fgam/label';
import { withProgress } from '../progress.js';
import { removePartials } from './remove-partials.js';
import { claimFolder, type FolderSettings } from './settings-file.js';
import type { ShardSource } from './shard-samples.js';

/** Regions that are described in one call: enough to keep an endpoint busy, few enough to be held. */
const REGIONS_A_CALL = 512;

/** What came of one call. */
export interface DescribedPart {
  readonly samples: readonly RegionSample[];
  readonly undescribed: readonly UndescribedRegion[];
}

/** New shards, and what is not in them. */
export interface DescribedShards {
  readonly manifest: ShardManifest;
  readonly skips: readonly Skip[];
  /** Regions in the shards that have a description of `describe`'s. */
  readonly described: number;
  /** Regions in the shards that have none. */
  readonly undescribed: readonly UndescribedRegion[];
}

/**
 * Describes the regions of shards part by part, and writes new shards as they fill.
 *
 * `claim` is made once the first part is described: what fails before leaves the folder as it is.
 *
 * @param describe - throws to end the work
 */
export async function describeShards(
  source: ShardSource,
  describe: (samples: readonly RegionSample[], options: DescribeRegionsOptions) => Promise<DescribedPart>,
  work: {
    readonly claim: FolderSettings;
    readonly seed: number;
    readonly maxSkips: number | undefined;
    readonly signal: AbortSignal;
  },
): Promise<DescribedShards> {
  const { claim, seed, maxSkips, signal } = work;
  await removePartials(claim.out);
  const left: UndescribedRegion[] = [];
  const manifest = await withProgress('regions described', source.regions, async (onProgress) => {
    let done = 0;
    async function* described(): AsyncGenerator<RegionSample> {
      for await (const samples of inParts(source.samples)) {
        const part = await describe(samples, {
          ...{ signal, replace: claim.replace },
          onProgress: (now) => onProgress(done + now),
        });
        done += regionsOf(samples);
        left.push(...part.undescribed);
        await claimFolder(claim);
        yield* part.samples;
      }
    }
    return buildShards({
      ...{ out: claim.out, seed, signal, overwrite: claim.replace },
      ...(maxSkips === undefined ? {} : { maxSkips }),
      ...source.into(described()),
    });
  });
  const skips = await readSkips(join(claim.out, 'skipped.jsonl'));
  const gone = new Set(skips.map(({ id }) => id));
  const undescribed = left.filter(({ sample }) => !gone.has(sample));
  return { manifest, skips, described: manifest.regions - undescribed.length, undescribed };
}

/** Samples in lists of `REGIONS_A_CALL` regions or somewhat more. */
async function* inParts(samples: AsyncIterable<RegionSample>): AsyncGenerator<RegionSample[]> {
  let part: RegionSample[] = [];
  for await (const sample of samples) {
    part.push(sample);
    // An image without regions counts too: lists are bounded.
    if (regionsOf(part) + part.length < REGIONS_A_CALL) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

function regionsOf(samples: readonly RegionSample[]): number {
  return samples.reduce((sum, { regions }) => sum + regions.length, 0);
}
