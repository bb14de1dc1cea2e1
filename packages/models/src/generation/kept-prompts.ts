import { LRUCache } from 'lru-cache';
import { headWidth } from '../blocks/decoder.js';
import type { LanguageConfig } from '../config.js';
import { type CacheRow, createKeyValueCache } from './key-value-cache.js';

/** Keys and values of what was read, by what it was: the units of a `DecodingRow`. */
export interface KnownPrompt extends CacheRow {
  readonly units: readonly number[];
}

/** Prompts with their answers, kept for those that begin alike. */
export interface KeptPrompts {
  readonly all: Iterable<KnownPrompt>;
  /** Copies a prompt's keys and values, in place of those that they begin with. */
  keep(prompt: KnownPrompt): void;
  /** Says that one of them was of use; others may be named. */
  touch(prompt: CacheRow): void;
}

/** An empty store of at most so many bytes; the least recently used prompts go first. */
export function createKeptPrompts(config: LanguageConfig, maxBytes: number): KeptPrompts {
  const { num_hidden_layers: layers, num_key_value_heads: heads } = config.text_config;
  const placeBytes = 2 * Float32Array.BYTES_PER_ELEMENT * layers * heads * headWidth(config);
  const kept = new LRUCache<CacheRow, KnownPrompt>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ units }) => units.length * placeBytes,
  });
  return {
    get all() {
      return kept.values();
    },
    keep({ units, ...source }) {
      if (units.length * placeBytes > maxBytes) return;
      for (const known of kept.values()) {
        const shared = sharedUnits(known.units, units);
        if (shared === units.length) return;
        if (shared < known.units.length) continue;
        kept.delete(known);
        break;
      }
      const copy = createKeyValueCache(config, 1, units.length);
      copy.write(0, 0, units.length, source);
      const prompt: KnownPrompt = { units, tensors: copy.tensors, row: 0 };
      kept.set(prompt, prompt);
    },
    touch: (prompt) => void kept.get(prompt),
  };
}

/** How many units two prompts have in common before the first that differs. */
export function sharedUnits(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let count = 0;
  while (count < most && a[count] === b[count]) count += 1;
  return count;
}
