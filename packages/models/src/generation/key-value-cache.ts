import type { HostTensor } from '@fgam/compile';
import { headWidth } from '../blocks/decoder.js';
import type { LanguageConfig } from '../config.js';
import { float32Zeros } from './host-zeros.js';
import { cacheNames } from './programs.js';

type Tensors = Readonly<Record<string, HostTensor>>;

/** Keys and values [1, Hkv, M, d] of one image's visual prefix, for each layer. */
export type PrefixCache = Readonly<Record<string, CacheTensor>>;

/** Keys and values [B, Hkv, C, d] of a batch for each layer, on the host and allocated once. */
export interface KeyValueCache {
  readonly rows: number;
  /** Entries a row can hold. */
  readonly capacity: number;
  /** The cache by the names of programs' inputs and results: not copies, what is written there is written here. */
  readonly tensors: Readonly<Record<string, CacheTensor>>;
  /**
   * The first rows of it, not copies either; the same objects whenever as many are asked for, which spares a
   * session to look at them anew.
   */
  first(rows: number): Readonly<Record<string, CacheTensor>>;
  /** Copies entries 0 .. `count` - 1 of a row of keys and values like these to entries `at` ... of a row here. */
  write(row: number, at: number, count: number, source: CacheRow): void;
}

/** A row of keys and values [.., Hkv, length, d], by the same names. */
export interface CacheRow {
  readonly tensors: Tensors;
  readonly row: number;
}

type CacheTensor = Extract<HostTensor, { readonly dtype: 'float32' }>;

/** A cache of zeros for `batch` rows of `capacity` entries. */
export function createKeyValueCache(config: LanguageConfig, batch: number, capacity: number): KeyValueCache {
  const { text_config: text } = config;
  const heads = text.num_key_value_heads;
  const width = headWidth(config);
  const shape = [batch, heads, capacity, width];
  const names = Array.from({ length: text.num_hidden_layers }, (_, layer) => cacheNames(layer));
  const tensors = Object.fromEntries(
    names.flatMap(({ key, value }) => [key, value]).map((name) => [name, float32Zeros(shape)]),
  );
  const views = new Map([[batch, tensors]]);
  return {
    rows: batch,
    capacity,
    tensors,
    first(rows) {
      const known = views.get(rows);
      if (known !== undefined) return known;
      const part = [rows, heads, capacity, width];
      const size = rows * heads * capacity * width;
      const view = Object.fromEntries(
        Object.entries(tensors).map(([name, { data }]): [string, CacheTensor] => [
          name,
          { shape: part, dtype: 'float32', data: data.subarray(0, size) },
        ]),
      );
      views.set(rows, view);
      return view;
    },
    write(row, at, count, source) {
      for (const [name, target] of Object.entries(tensors)) {
        const { data, shape: given } = source.tensors[name] as CacheTensor;
        const length = given[2] as number;
        for (let head = 0; head < heads; head++) {
          const start = (source.row * heads + head) * length * width;
          const place = ((row * heads + head) * capacity + at) * width;
          target.data.set(data.subarray(start, start + count * width), place);
        }
      }
    },
  };
}

/** Cuts the prefix program's outputs, [B, Hkv, M, d] a layer, into one cache an image (copies). */
export function cutPrefixes(outputs: Tensors, count: number): PrefixCache[] {
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      Object.entries(outputs).map(
        ([
          name,
          {
            data,
            shape: [batch = 1, ...rest],
          },
        ]) => {
          const size = data.length / batch;
          const part = data.slice(row * size, (row + 1) * size) as Float32Array;
          return [name, { shape: [1, ...rest], dtype: 'float32', data: part }];
        },
      ),
    ),
  );
}
