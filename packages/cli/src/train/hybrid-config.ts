import { dirname, join, resolve } from 'node:path';
import { readJson } from '@fgam/data';
import { z } from 'zod';
import { isHubFolder } from './is-hub-folder.js';
import { listFaults } from './list-faults.js';
import { isModelName } from './model-names.js';
import { acceptConfig, type Checked, type ConfigOverrides } from './parse-config.js';
import { checkRlConfig, type RlConfig } from './rl-config.js';
import { checkTrainConfig, type TrainConfig } from './train-config.js';

/** SFT, and RL from where it ended. */
export interface HybridConfig {
  readonly out: string;
  readonly sft: TrainConfig;
  readonly rl: RlConfig;
}

const path = z.string().min(1);
const hybridSchema = z.strictObject({
  data: path,
  model: path,
  out: path,
  seed: z.int().exactOptional(),
  sft: z.looseObject({}),
  rl: z.looseObject({}),
});

/** Settings of the whole run and not of a part. */
const COMMON = ['data', 'model', 'out', 'seed'];

/** Settings of SFT that RL goes on with. */
const OF_SFT = ['adapter', 'prompts'];

/**
 * Reads the config of a hybrid run: what the two parts share, and each part's own settings as
 * `fgam train sft` and `fgam train rl` take them.
 *
 * @throws FgamError `fgam/bad-config` with the path of every fault, of both parts; `data/bad-json`, `data/missing-file`
 */
export async function readHybridConfig(
  file: string,
  overrides: Omit<ConfigOverrides, 'steps'> = {},
): Promise<HybridConfig> {
  const parsed = hybridSchema.safeParse(await readJson(file));
  const checked = parsed.success
    ? await checkParts(parsed.data, file, overrides)
    : { faults: listFaults(parsed.error) };
  return acceptConfig(checked, file, 'hybrid');
}

async function checkParts(
  { sft, rl, ...common }: z.output<typeof hybridSchema>,
  file: string,
  { data, model, seed, ...overrides }: Omit<ConfigOverrides, 'steps'>,
): Promise<Checked<HybridConfig>> {
  const at = (where: string): string => resolve(dirname(file), where);
  const out = overrides.out === undefined ? at(common.out) : resolve(overrides.out);
  const shared = { ...(data === undefined ? {} : { data }), ...(seed === undefined ? {} : { seed }) };
  const tuning = await checkTrainConfig(
    'sft',
    { ...without(sft, COMMON), ...common, out: join(out, 'sft') },
    file,
    {
      ...shared,
      ...(model === undefined ? {} : { model }),
    },
  );
  const named = model === undefined ? common.model : resolve(model);
  const begins = isModelName(common.model) && model === undefined ? named : at(named);
  const isPretrained = await isHubFolder(begins);
  // RL begins where SFT ended.
  const begin = isPretrained
    ? {
        model: begins,
        adapter: join(out, 'sft', 'adapter'),
        ...('config' in tuning && tuning.config.prompts !== undefined
          ? { prompts: tuning.config.prompts }
          : {}),
      }
    : { model: join(out, 'sft', 'model') };
  const reinforcing = checkRlConfig(
    { ...without(rl, [...COMMON, ...OF_SFT]), ...common, ...begin, out: join(out, 'rl') },
    file,
    shared,
  );
  const given = (part: object, keys: readonly string[]): string[] => keys.filter((key) => key in part);
  const misplaced = [
    ...given(sft, COMMON).map((key) => `sft.${key}: it belongs to the whole run`),
    ...given(rl, COMMON).map((key) => `rl.${key}: it belongs to the whole run`),
    ...given(rl, OF_SFT).map((key) => `rl.${key}: it belongs to sft, whose adapter RL goes on from`),
    ...(isPretrained && !('adapter' in sft)
      ? [
          `sft.adapter: expected one, such as { "rank": 16 }: of a model of the Hugging Face hub RL trains an adapter: ${begins}`,
        ]
      : []),
  ];
  const [ofSft, ofRl] = [faultsOf('sft', tuning), faultsOf('rl', reinforcing)];
  return misplaced.length > 0 || !('config' in tuning) || !('config' in reinforcing)
    ? { faults: [...misplaced, ...ofSft, ...ofRl] }
    : { config: { out, sft: tuning.config, rl: reinforcing.config } };
}

function without(part: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(part).filter(([key]) => !keys.includes(key)));
}

function faultsOf(part: string, checked: Checked<unknown>): string[] {
  return 'faults' in checked ? checked.faults.map((fault) => `${part}.${fault}`) : [];
}
