import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PretrainedModel } from '@fgam/models';
import { fingerprintFile } from './fingerprint.js';

/**
 * What a checkpoint of the Hugging Face hub is, as part of a run's identity: its type, its settings' files
 * and, piece by piece, its files of weights.
 */
export async function fingerprintPretrained({ family, files, stored }: PretrainedModel): Promise<{
  readonly modelType: string;
  readonly files: Readonly<Record<string, string>>;
  readonly base: Readonly<Record<string, string>>;
}> {
  const base: Record<string, string> = {};
  const names = new Set(Object.values(stored?.tensors ?? {}).map(({ file }) => file));
  for (const file of [...names].sort()) base[file] = await fingerprintFile(join(stored?.folder ?? '', file));
  return {
    modelType: family.modelType,
    files: Object.fromEntries([...files].map(([file, bytes]) => [file, sha256(bytes)])),
    base,
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
