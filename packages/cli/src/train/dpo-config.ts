import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readJson } from '@fgam/data';
import { z } from 'zod';
import { type AdaptedConfig, adaptedSettings, checkAdaptedConfig } from './adapted-config.js';
import { acceptConfig, type ConfigOverrides } from './parse-config.js';

const dpoSchema = z.strictObject({
  ...adaptedSettings,
  images: z.string().min(1).exactOptional(),
  batchSize: z.int().min(1),
  beta: z.number().positive().exactOptional(),
  labelSmoothing: z.number().min(0).max(0.5).exactOptional(),
});

/** A run of `fgam train dpo` as its config file and the command line state it; paths are absolute. */
export interface DpoConfig extends AdaptedConfig {
  /** A trajectories file; of a folder in the config, the `trajectories.jsonl` in it. */
  readonly data: string;
  /** Folder that its images are relative to: the file's own unless it is said. */
  readonly images: string;
  /** Pairs of an update. */
  readonly batchSize: number;
  readonly beta?: number;
  readonly labelSmoothing?: number;
}

/**
 * Reads the config of a DPO run. Paths in it are relative to the file; those of the command line to the working folder.
 *
 * @throws FgamError `fgam/bad-config` with the path of every fault; `data/bad-json`, `data/missing-file`
 */
export async function readDpoConfig(file: string, overrides: ConfigOverrides = {}): Promise<DpoConfig> {
  const checked = checkAdaptedConfig(await readJson(file), file, overrides, dpoSchema);
  const config = acceptConfig(checked, file, 'dpo');
  const { images } = config;
  const isFolder = statSync(config.data, { throwIfNoEntry: false })?.isDirectory() === true;
  const data = isFolder ? join(config.data, 'trajectories.jsonl') : config.data;
  return { ...config, data, images: images === undefined ? dirname(data) : resolve(dirname(file), images) };
}
