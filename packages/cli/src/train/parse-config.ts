import { resolve } from 'node:path';
import { FgamError } from '@fgam/data';
import type { z } from 'zod';
import { listFaults } from './list-faults.js';

/** What the command line may set over a config file. */
export interface ConfigOverrides {
  readonly data?: string;
  readonly out?: string;
  readonly steps?: number;
  readonly seed?: number;
  readonly model?: string;
}

/** What a config is checked by. */
export interface ConfigForm<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** Whether a model is one that needs no folder. */
  readonly isModelName: (model: string) => boolean;
}

/** A config, or all that is wrong with it, each fault with its path. */
export type Checked<Config> = { readonly config: Config } | { readonly faults: readonly string[] };

/** Sets what the command line says over a config, its paths relative to the working folder, and checks the whole. */
export function checkConfig<Schema extends z.ZodType>(
  raw: unknown,
  { data, model, out, ...plain }: ConfigOverrides,
  { schema, isModelName }: ConfigForm<Schema>,
): Checked<z.output<Schema>> {
  const given = {
    ...plain,
    ...(data === undefined ? {} : { data: resolve(data) }),
    ...(out === undefined ? {} : { out: resolve(out) }),
    ...(model === undefined ? {} : { model: isModelName(model) ? model : resolve(model) }),
  };
  const merged = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? { ...raw, ...given } : raw;
  const parsed = schema.safeParse(merged);
  return parsed.success ? { config: parsed.data } : { faults: listFaults(parsed.error) };
}

/**
 * A config without faults.
 *
 * @param file - the config's, for the message
 * @param stage - the command's name, for the message
 * @throws FgamError `fgam/bad-config` with every fault
 */
export function acceptConfig<Config>(checked: Checked<Config>, file: string, stage: string): Config {
  if ('config' in checked) return checked.config;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `${file}: expected a config of fgam train ${stage}, found ${checked.faults.join('; ')}`,
  );
}
