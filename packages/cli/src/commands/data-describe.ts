import { join } from 'node:path';
import { countSkips, FgamError } from '@fgam/data';
import {
  CAPTION_TASKS,
  type CaptionTask,
  createLlmDescriber,
  createRegionCaptioner,
  DESCRIBER_PROMPT_VERSION,
  type DescriberUsage,
  endpointOf,
  type UndescribedRegion,
  WEIGHTS_TYPES,
  type WeightsType,
} from '@fgam/label';
import { type Command, Option } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { usageError } from '../usage-error.js';
import { positiveNumber, wholeNumber } from '../whole-number.js';
import { addUsage } from './add-usage.js';
import { describeShards } from './describe-shards.js';
import { refuseGivenOptions } from './refuse-given-options.js';
import { refuseSameFolder } from './refuse-same-folder.js';
import { checkFolder, type FolderSettings } from './settings-file.js';
import { openShardSource, type ShardSource } from './shard-samples.js';
import { skipsInWords } from './skips-in-words.js';
import { CACHE_FOLDER, IMAGES_FOLDER } from './work-folders.js';

interface DescribeOptions extends CommonOptions {
  readonly endpoint?: string;
  readonly model?: string;
  readonly pictures?: boolean;
  readonly concurrency?: number;
  readonly maxRequests?: number;
  readonly captioner?: string;
  readonly task?: CaptionTask;
  readonly weights?: WeightsType;
  readonly modelCache?: string;
  readonly batch?: number;
  readonly cache?: string;
  readonly maxSkips?: number;
  readonly out: string;
  readonly overwrite?: boolean;
}

/** Options that are for one of the two ways alone. */
const FOR_ENDPOINTS = ['pictures', 'concurrency', 'maxRequests'] satisfies (keyof DescribeOptions)[];
const FOR_CAPTIONERS = ['task', 'weights', 'modelCache', 'batch'] satisfies (keyof DescribeOptions)[];

/** Beside the shards: what made their descriptions. */
const SETTINGS_FILE = 'descriptions.json';

/** Where the endpoint's key is read from: no key stands in a command line. */
const KEY_VARIABLE = 'FGAM_API_KEY';

/**
 * `fgam data describe`: descriptions of regions by a language model behind an endpoint, or by a
 * captioner that runs here.
 */
export function addDataDescribeCommand(data: Command): void {
  data
    .command('describe')
    .description('describe the regions of shards by a language model or a captioner; writes shards')
    .argument('<source>', 'folder of shards')
    .option('--endpoint <url>', `OpenAI-compatible endpoint, up to and with /v1; its key: ${KEY_VARIABLE}`)
    .option('--model <name>', "the model's name there")
    .option('--pictures', "send each region's picture, to a model that takes images")
    .option('--concurrency <n>', 'requests under way at a time (default: 8)', positiveNumber)
    .option('--max-requests <n>', 'most requests; regions beyond keep their descriptions', positiveNumber)
    .option(
      '--captioner <folder|id>',
      'instead: Florence-2 or a model like ViT-GPT2 in ONNX, as transformers.js loads it; a folder, or an id on the Hugging Face hub',
    )
    .addOption(
      new Option('--task <task>', 'what the captioner is asked for (default: caption)').choices(
        CAPTION_TASKS,
      ),
    )
    .addOption(
      new Option('--weights <form>', "form of the captioner's weights (default: fp32)").choices(
        WEIGHTS_TYPES,
      ),
    )
    .option('--model-cache <folder>', 'where models of the hub are kept (default: ~/.cache/fgam/models)')
    .option('--batch <n>', 'regions that the captioner takes at once (default: 4)', positiveNumber)
    .option('--cache <folder>', 'remember what was answered (default: OUT/.cache)')
    .option(
      '--max-skips <n>',
      'most images that may be left out because shards cannot hold them (default: no limit)',
      wholeNumber,
    )
    .requiredOption('--out <folder>', 'folder of shards to write')
    .option('--overwrite', 'replace shards and descriptions that were made with other settings')
    .action((source: string, options: DescribeOptions, command: Command) => {
      refuseSameFolder(command, source, options.out);
      const work = describerOf(options, command);
      return interruptible(async (signal) => {
        const shards = await openShardSource(source, join(options.out, IMAGES_FOLDER));
        try {
          await work(shards, signal);
        } finally {
          await shards.close();
        }
      });
    });
}

/** The way to describe that the options name: one of the two, with options of its own. */
function describerOf(
  options: DescribeOptions,
  command: Command,
): (shards: ShardSource, signal: AbortSignal) => Promise<void> {
  const { captioner, endpoint, model } = options;
  if (endpoint === undefined && captioner !== undefined)
    refuseGivenOptions(command, FOR_ENDPOINTS, 'a captioner');
  if (captioner === undefined && endpoint !== undefined)
    refuseGivenOptions(command, FOR_CAPTIONERS, 'an endpoint');
  if (captioner !== undefined && endpoint === undefined && model === undefined)
    return (shards, signal) => describeHere(shards, captioner, options, signal);
  if (captioner === undefined && endpoint !== undefined && model !== undefined)
    return (shards, signal) => describeByEndpoint(shards, { ...options, endpoint, model }, signal);
  return usageError(command, 'expected --endpoint and --model, or --captioner');
}

async function describeByEndpoint(
  shards: ShardSource,
  options: DescribeOptions & { readonly endpoint: string; readonly model: string },
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, model, pictures = false, concurrency, maxRequests, out } = options;
  const apiKey = process.env[KEY_VARIABLE];
  const cache = options.cache ?? join(out, CACHE_FOLDER);
  const describer = createLlmDescriber({
    ...{ baseUrl: endpoint, model, images: pictures, cache },
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(maxRequests === undefined ? {} : { budget: { requests: maxRequests } }),
  });
  const settings = { endpoint: endpointOf(endpoint), model, pictures, prompt: DESCRIBER_PROMPT_VERSION };
  const claim = claimOf(options, settings);
  await checkFolder(claim);
  let usage: DescriberUsage | undefined;
  let spent: string | undefined;
  const { manifest, skips, described, undescribed } = await describeShards(
    shards,
    async (samples, work) => {
      const part = await describer.describeRegions(samples, work);
      usage = usage === undefined ? part.usage : addUsage(usage, part.usage);
      if (part.stop === 'endpoint')
        throw new FgamError(
          'label/endpoint-failed',
          `fgam data describe: the endpoint was given up (${part.stopDetail ?? 'no reason told'}); ` +
            `what it answered is in ${cache}, the same command goes on`,
        );
      if (part.stop === 'budget') spent ??= part.stopDetail ?? '';
      return part;
    },
    { claim, seed: options.seed, maxSkips: options.maxSkips, signal },
  );
  printResult(
    options,
    {
      ...{
        out,
        ...manifest,
        skips: countSkips(skips),
        described,
        undescribed,
        usage,
        stop: spent === undefined ? 'done' : 'budget',
      },
      ...(spent === undefined ? {} : { stopDetail: spent }),
    },
    `${described} of ${manifest.regions} regions described in ${out}, ${usage?.requests ?? 0} requests` +
      leftInWords(undescribed) +
      skipsInWords(skips) +
      (spent === undefined ? '' : `; the budget is spent: ${spent}`),
  );
}

async function describeHere(
  shards: ShardSource,
  model: string,
  options: DescribeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { task, weights, modelCache, batch, out } = options;
  const captioner = await createRegionCaptioner({
    ...{ model, cache: options.cache ?? join(out, CACHE_FOLDER) },
    ...(task === undefined ? {} : { task }),
    ...(weights === undefined ? {} : { weights }),
    ...(modelCache === undefined ? {} : { modelCache }),
    ...(batch === undefined ? {} : { batchSize: batch }),
  });
  try {
    const claim = claimOf(options, captioner.provenance);
    await checkFolder(claim);
    const usage = { captioned: 0, cached: 0 };
    const { manifest, skips, described, undescribed } = await describeShards(
      shards,
      async (samples, work) => {
        const part = await captioner.describeRegions(samples, work);
        usage.captioned += part.usage.captioned;
        usage.cached += part.usage.cached;
        return part;
      },
      { claim, seed: options.seed, maxSkips: options.maxSkips, signal },
    );
    printResult(
      options,
      { out, ...manifest, skips: countSkips(skips), described, undescribed, usage },
      `${described} of ${manifest.regions} regions described in ${out}, ${usage.captioned} captions written, ${usage.cached} known` +
        leftInWords(undescribed) +
        skipsInWords(skips),
    );
  } finally {
    await captioner.release();
  }
}

function claimOf({ out, overwrite = false }: DescribeOptions, settings: object): FolderSettings {
  return { out, file: SETTINGS_FILE, settings, replace: overwrite, option: '--overwrite' };
}

function leftInWords(undescribed: readonly UndescribedRegion[]): string {
  const reasons = new Map<string, number>();
  for (const { reason } of undescribed) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const left = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
  return left === '' ? '' : `; not described: ${left}`;
}
