import { join } from 'node:path';
import { fileSha256 } from '@fgam/trainer';

/**
 * What tells a model from others wherever its folder is moved, and a checkpoint of a run: the
 * SHA-256 of its weights' file.
 */
export function weightsSha256(folder: string): Promise<string> {
  return fileSha256(join(folder, 'model.safetensors'));
}
