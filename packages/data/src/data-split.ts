import { createHash } from 'node:crypto';

/** Which part of the data a sample belongs to. */
export type DataSplit = 'train' | 'validation';

/**
 * The split of a sample, by a hash of its id: it depends on nothing else, so that adding samples moves none.
 *
 * @param id - of the sample
 * @param options - `validation`: share held out, 0..1, default 0.1; `seed`: another draw, default 0
 */
export function splitOf(
  id: string,
  options: { readonly validation?: number; readonly seed?: number } = {},
): DataSplit {
  const { validation = 0.1, seed = 0 } = options;
  const digest = createHash('sha256').update(`${seed}\0${id}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32 < validation ? 'validation' : 'train';
}
