import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildShards, FgamError, type RegionSample } from '@fgam/data';
import { createLlmDescriber, DESCRIBER_PROMPT_VERSION, endpointOf } from '@fgam/label';
import type { Command } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { withProgress } from '../progress.js';
import { positiveNumber } from '../whole-number.js';
import { claimFolder } from './settings-file.js';
import { openShardSource } from './shard-samples.js';

interface DescribeOptions extends CommonOptions {
  readonly endpoint: string;
  readonly model: string;
  readonly pictures?: boolean;
  readonly cache?: string;
  readonly concurrency?: number;
  readonly maxRequests?: number;
  readonly out: string;
  readonly overwrite?: boolean;
}

/** Beside the shards: what made their descriptions. */
const SETTINGS_FILE = 'descriptions.json';

/** Where the endpoint's key is read from: no key stands in a command line. */
const KEY_VARIABLE = 'FGAM_API_KEY';

/** `fgam data describe`: descriptions of regions by a language model behind an endpoint. */
export function addDataDescribeCommand(data: Command): void {
  data
    .command('describe')
    .description('describe the regions of shards by a language model; writes shards')
    .argument('<source>', 'folder of shards')
    .requiredOption(
      '--endpoint <url>',
      `OpenAI-compatible endpoint, up to and with /v1; its key: ${KEY_VARIABLE}`,
    )
    .requiredOption('--model <name>', "the model's name there")
    .option('--pictures', "send each region's picture, to a model that takes images")
    .option('--cache <folder>', 'remember replies: a rerun asks only what was not answered')
    .option('--concurrency <n>', 'requests under way at a time (default: 8)', positiveNumber)
    .option('--max-requests <n>', 'most requests; regions beyond keep their descriptions', positiveNumber)
    .requiredOption('--out <folder>', 'folder of shards to write')
    .option('--overwrite', 'replace shards that were built of other descriptions')
    .action((source: string, options: DescribeOptions) =>
      interruptible((signal) => describe(source, options, signal), 'the same command with --cache goes on'),
    );
}

async function describe(source: string, options: DescribeOptions, signal: AbortSignal): Promise<void> {
  const { endpoint, model, pictures = false, cache, concurrency, maxRequests, out } = options;
  if (resolve(out) === resolve(source)) {
    throw new FgamError(
      'data/bad-config',
      `fgam data describe: expected --out to be another folder than ${source}`,
    );
  }
  const apiKey = process.env[KEY_VARIABLE];
  const describer = createLlmDescriber({
    ...{ baseUrl: endpoint, model, images: pictures },
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(cache === undefined ? {} : { cache }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(maxRequests === undefined ? {} : { budget: { requests: maxRequests } }),
  });
  const images = await mkdtemp(join(tmpdir(), 'fgam-describe-'));
  try {
    const { samples: unpacked, plan } = await openShardSource(source, images);
    const samples: RegionSample[] = [];
    for await (const sample of unpacked) samples.push(sample);
    const total = samples.reduce((sum, { regions }) => sum + regions.length, 0);
    const described = await withProgress('regions described', total, (onProgress) =>
      describer.describeRegions(samples, { signal, onProgress }),
    );
    const { undescribed, usage, stop, stopDetail } = described;
    if (stop === 'endpoint') {
      throw new FgamError(
        'label/endpoint-failed',
        `fgam data describe: the endpoint was given up (${stopDetail ?? 'no reason told'}), nothing is written` +
          (cache === undefined ? '' : `; what it answered is in ${cache}`),
      );
    }
    await claimFolder({
      ...{ out, file: SETTINGS_FILE, option: '--overwrite', replace: options.overwrite ?? false },
      settings: { endpoint: endpointOf(endpoint), model, pictures, prompt: DESCRIBER_PROMPT_VERSION },
    });
    const manifest = await buildShards({
      ...{
        samples: described.samples,
        out,
        signal,
        seed: options.seed,
        overwrite: options.overwrite ?? false,
      },
      ...plan,
    });
    const reasons = new Map<string, number>();
    for (const { reason } of undescribed) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const left = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
    printResult(
      options,
      { ...manifest, described: total - undescribed.length, undescribed, usage, stop, stopDetail },
      `${total - undescribed.length} of ${total} regions described in ${out}, ${usage.requests} requests` +
        (left === '' ? '' : `; not described: ${left}`) +
        (stop === 'done' ? '' : `; the budget is spent: ${stopDetail ?? ''}`),
    );
  } finally {
    await rm(images, { recursive: true, force: true });
  }
}
