import type { HostTensor } from '@fgam/compile';
import type { ModelConfig } from '../config.js';
import { cacheNames, entryNames } from './programs.js';

/** Keys and values of one image's visual prefix: for each layer [Hkv, M, d], keys then values. */
export interface PrefixCache {
  readonly layers: readonly { readonly key: Float32Array; readonly value: Float32Array }[];
}

/**
 * Keys [B, Hkv, d, C] and values [B, Hkv, C, d] of a batch for each layer, on the host and allocated once.
 *
 * A step's new entries are written in place, each row at its own length, so rows of different length have no holes and
 * nothing else moves.
 */
export interface KeyValueCache {
  /** Entries a row can hold. */
  readonly capacity: number;
  /** Writes a prefix into entries 0 .. M - 1 of a row. */
  writePrefix(row: number, prefix: PrefixCache): void;
  /** Writes the first `count` of a row's new tokens from the extend program's `entries` at entry `at`; `from` is the row among its rows. */
  append(row: number, at: number, count: number, entries: HostTensor, from: number): void;
  /** Copies a row from another cache of the same config, entries 0 .. `count` - 1. */
  copyRow(row: number, source: KeyValueCache, from: number, count: number): void;
  /** The cache as inputs of the extend program: views, not copies. */
  inputs(): Record<string, HostTensor>;
}

/** A cache of zeros for `batch` rows of `capacity` entries. */
export function createKeyValueCache(config: ModelConfig, batch: number, capacity: number): KeyValueCache {
  const { text_config: text } = config;
  const heads = text.num_key_value_heads;
  const width = text.hidden_size / text.num_attention_heads;
  const size = batch * heads * capacity * width;
  const names = entryNames(config);
  const keys: Record<string, CacheTensor> = {};
  const values: Record<string, CacheTensor> = {};
  for (let layer = 0; layer < text.num_hidden_layers; layer++) {
    const { key, value } = cacheNames(layer);
    keys[key] = { shape: [batch, heads, width, capacity], dtype: 'float32', data: new Float32Array(size) };
    values[value] = {
      shape: [batch, heads, capacity, width],
      dtype: 'float32',
      data: new Float32Array(size),
    };
  }
  /** Copies the first `count` entries of one row of a [.., Hkv, length, d] array to entries `at`... of a row here. */
  const write = (name: string, row: number, at: number, count: number, source: Source) => {
    const transposed = keys[name]?.data;
    for (let head = 0; head < heads; head++) {
      const start = (source.row * heads + head) * source.length * width;
      const part = source.data.subarray(start, start + count * width);
      const target = (row * heads + head) * capacity * width;
      if (transposed === undefined) values[name]?.data.set(part, target + at * width);
      else
        for (let i = 0; i < width; i++)
          for (let entry = 0; entry < count; entry++)
            transposed[target + i * capacity + at + entry] = part[entry * width + i] as number;
    }
  };
  return {
    capacity,
    inputs: () => ({ ...keys, ...values }),
    writePrefix(row, prefix) {
      for (const [layer, { key, value }] of prefix.layers.entries()) {
        const length = key.length / (heads * width);
        const { key: keyName, value: valueName } = cacheNames(layer);
        write(keyName, row, 0, length, { data: key, row: 0, length });
        write(valueName, row, 0, length, { data: value, row: 0, length });
      }
    },
    append(row, at, count, { data, shape: [all = 0, , length = 0] }, from) {
      const rows = all / names.length;
      names.forEach((name, index) => write(name, row, at, count, { data, row: index * rows + from, length }));
    },
    copyRow(row, source, from, count) {
      const others = source.inputs();
      const data = (name: string): CacheTensor['data'] => (others[name] as CacheTensor).data;
      const rows = heads * width;
      for (const [name, tensor] of Object.entries(keys)) {
        const other = data(name);
        for (let i = 0; i < rows; i++) {
          const start = (from * rows + i) * source.capacity;
          tensor.data.set(other.subarray(start, start + count), (row * rows + i) * capacity);
        }
      }
      for (const name of Object.keys(values))
        write(name, row, 0, count, { data: data(name), row: from, length: source.capacity });
    },
  };
}

type CacheTensor = HostTensor & { readonly data: Float32Array };

interface Source {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly row: number;
  readonly length: number;
}

/** Cuts the prefix program's outputs, [B, Hkv, M, d] a layer, into one cache an image (copies). */
export function cutPrefixes(
  config: ModelConfig,
  outputs: Readonly<Record<string, HostTensor>>,
  count: number,
): PrefixCache[] {
  const part = (name: string, row: number) => {
    const tensor = outputs[name];
    const size = tensor === undefined ? 0 : tensor.data.length / (tensor.shape[0] ?? 1);
    return (tensor?.data ?? new Float32Array()).slice(row * size, (row + 1) * size) as Float32Array;
  };
  return Array.from({ length: count }, (_, row) => ({
    layers: Array.from({ length: config.text_config.num_hidden_layers }, (_unused, layer) => {
      const { key, value } = cacheNames(layer);
      return { key: part(key, row), value: part(value, row) };
    }),
  }));
}
