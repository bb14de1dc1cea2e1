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

/** A config of `fgam train`, and what it is checked by. */
export interface ConfigForm<Schema extends z.ZodType> {
  /** The command's name, for the message. */
  readonly stage: string;
  readonly schema: Schema;
  /** Whether a model is one that needs no folder. */
  readonly isModelName: (model: string) => boolean;
}

/**
 * Sets what the command line says over a config, its paths relative to the working folder, and checks the whole.
 *
 * @param file - the config's, for the message
 * @throws FgamError `fgam/bad-config` with the path of every fault
 */
export function parseConfig<Schema extends z.ZodType>(
  raw: unknown,
  file: string,
  { data, model, out, ...plain }: ConfigOverrides,
  { stage, schema, isModelName }: ConfigForm<Schema>,
): z.output<Schema> {
  const given = {
    ...plain,
    ...(data === undefined ? {} : { data: resolve(data) }),
    ...(out === undefined ? {} : { out: resolve(out) }),
    ...(model === undefined ? {} : { model: isModelName(model) ? model : resolve(model) }),
  };
  const merged = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? { ...raw, ...given } : raw;
  const parsed = schema.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `${file}: expected a config of fgam train ${stage}, found ${listFaults(parsed.error).join('; ')}`,
  );
}
