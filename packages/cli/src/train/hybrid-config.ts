import { dirname, join, resolve } from 'node:path';
import { FgamError, readJson } from '@fgam/data';
import { z } from 'zod';
import { listFaults } from './list-faults.js';
import type { ConfigOverrides } from './parse-config.js';
import { parseRlConfig, type RlConfig } from './rl-config.js';
import { parseTrainConfig, type TrainConfig } from './train-config.js';

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

/** Belongs to the whole run and not to a part. */
const COMMON = ['data', 'model', 'out', 'seed'];

/**
 * Reads the config of a hybrid run: what the two parts share, and each part's own settings as `fgam train sft` and `fgam train rl` take them.
 *
 * @throws FgamError `fgam/bad-config` with the path of every fault; `data/bad-json`, `data/missing-file`
 */
export async function readHybridConfig(
  file: string,
  overrides: Omit<ConfigOverrides, 'steps'> = {},
): Promise<HybridConfig> {
  const parsed = hybridSchema.safeParse(await readJson(file));
  const faults = parsed.success
    ? (['sft', 'rl'] as const).flatMap((part) =>
        COMMON.filter((key) => key in parsed.data[part]).map(
          (key) => `${part}.${key}: it belongs to the whole run`,
        ),
      )
    : listFaults(parsed.error);
  if (!parsed.success || faults.length > 0)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${file}: expected a config of fgam train hybrid, found ${faults.join('; ')}`,
    );
  const { sft, rl, ...common } = parsed.data;
  const out = overrides.out === undefined ? resolve(dirname(file), common.out) : resolve(overrides.out);
  const { data, model, seed } = overrides;
  const shared = { ...(data === undefined ? {} : { data }), ...(seed === undefined ? {} : { seed }) };
  const tuning = await parseTrainConfig('sft', { ...common, ...sft, out: join(out, 'sft') }, file, {
    ...shared,
    ...(model === undefined ? {} : { model }),
  });
  const { isPretrained = false, prompts } = tuning;
  if (isPretrained && tuning.adapter === undefined)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${file}: sft.adapter: expected one, such as { "rank": 16 }: of a model of the Hugging Face hub RL trains an adapter: ${tuning.model}`,
    );
  // RL begins where SFT ended.
  const begin = isPretrained
    ? {
        model: tuning.model,
        adapter: join(out, 'sft', 'adapter'),
        ...(prompts === undefined ? {} : { prompts }),
      }
    : { model: join(out, 'sft', 'model') };
  return {
    out,
    sft: tuning,
    rl: parseRlConfig({ ...common, ...rl, ...begin, out: join(out, 'rl') }, file, shared),
  };
}
