import { createHash } from 'node:crypto';
import { FgamError } from './error.js';

/** Which part of the data a sample belongs to. */
export type DataSplit = 'train' | 'validation';

/**
 * The split of a sample, by a hash of its id: it depends on nothing else, so that adding samples moves none.
 *
 * @param id - of the sample
 * @param options - `validation`: share held out, 0..1, default 0.1; `seed`: another draw, default 0
 * @throws FgamError `data/bad-config` for a share that is not in 0..1
 * @example
 * ```ts
 * import { splitOf } from '@fgam/data';
 * const ids = Array.from({ length: 1000 }, (_, index) => `image-${index}`);
 * const held = ids.filter((id) => splitOf(id) === 'validation');
 * // A tenth of a thousand, within four times the deviation: sqrt(1000 * 0.1 * 0.9) = 9.5.
 * if (Math.abs(held.length - 100) > 38) throw new Error(String(held.length));
 * // What is held out at a small share is held out at a larger one too.
 * if (held.some((id) => splitOf(id, { validation: 0.2 }) === 'train')) throw new Error('moved');
 * if (splitOf('image-0', { validation: 0 }) !== 'train') throw new Error('expected nothing held out');
 * ```
 */
export function splitOf(
  id: string,
  options: { readonly validation?: number; readonly seed?: number } = {},
): DataSplit {
  const { validation = 0.1, seed = 0 } = options;
  if (!(validation >= 0 && validation <= 1))
    throw new FgamError('data/bad-config', `splitOf: expected validation in 0..1, got ${validation}`);
  const digest = createHash('sha256').update(`${seed}\0${id}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32 < validation ? 'validation' : 'train';
}
