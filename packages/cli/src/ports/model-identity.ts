import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { FgamError } from '@fgam/data';
import { fileSha256 } from '@fgam/trainer';
import { recordHash } from '../once.js';
import { modelFolder } from '../train/open-model.js';
import { type CriticOptions, LLM, readCritics } from './critic-options.js';
import type { ModelOptions } from './model-options.js';
import { ONNX } from './open-answering.js';
import { GROUNDED, type OpenCritic } from './open-critic.js';
import { TEXT } from './open-module.js';

/** Says nothing of what a model answers: thresholds of critics. */
const CALIBRATION = 'calibration.json';

/** What tells an answering model from others: the hash of its files, or its endpoint and its name there. */
export async function modelIdentity({
  model,
  adapter,
  endpoint,
  endpointModel,
}: Pick<ModelOptions, 'model' | 'adapter' | 'endpoint' | 'endpointModel'>): Promise<string> {
  if (endpoint !== undefined) return `${endpointModel ?? ''} at ${endpoint}`;
  const isOnnx = model.startsWith(ONNX);
  const folder = isOnnx ? model.slice(ONNX.length) : modelFolder(model);
  const files = await filesBelow(folder);
  // The id of an export on the hub, which has no folder of its own here.
  if (files === undefined && isOnnx) return model;
  if (files === undefined)
    throw new FgamError<'fgam/no-model'>(
      'fgam/no-model',
      `${folder}: expected a model's folder, found none; check the path`,
    );
  const hashes: [string, string][] = [];
  for (const file of files) hashes.push([file, await fileSha256(join(folder, file))]);
  const base = `${isOnnx ? ONNX : ''}sha256:${recordHash(hashes)}`;
  return adapter === undefined ? base : `${base} with ${await modelIdentity({ model: adapter })}`;
}

/**
 * What tells critics of a command line from others: their names, settings and thresholds, and
 * the hashes of their models.
 */
export async function criticIdentity(
  options: CriticOptions & ModelOptions,
  { name, settings, calibration }: OpenCritic & { readonly name: string },
): Promise<unknown> {
  const models = await Promise.all(
    readCritics(name).map(async ({ name: critic }) => {
      if (critic === GROUNDED) return modelIdentity({ model: options.grounding ?? options.model });
      const { criticEndpoint = options.endpoint, criticModel = options.endpointModel } = options;
      if (critic === LLM) return `${criticModel ?? ''} at ${criticEndpoint ?? ''}`;
      if (!critic.startsWith(TEXT)) return modelIdentity({ model: critic });
      const module = await modelIdentity({ model: critic.slice(TEXT.length) });
      return `${module} by ${await modelIdentity({ model: options.grounding ?? options.model })}`;
    }),
  );
  return { name, settings, calibration, models };
}

async function filesBelow(folder: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .filter((file) => file !== CALIBRATION && !file.startsWith('.'))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
