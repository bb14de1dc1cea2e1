import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded source of random choices. */
export interface Random {
  /** Uniform in 0 (included) to 1 (excluded). */
  float(): number;
  /** A uniform integer, both ends included. */
  int(from: number, to: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One item, uniformly. @throws RangeError if there is none */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * A source of random choices that depends on its key alone. The generator (xoroshiro128+) starts from the
 * key's SHA-256, so keys that differ in one digit give unrelated streams.
 *
 * @param key - any text, such as `7/train/42`
 * @example
 * ```ts
 * import { createRandom } from '@fgam/data';
 * const [random, again] = [createRandom('7/train/42'), createRandom('7/train/42')];
 * const rolls = (from: typeof random): string => Array.from({ length: 9 }, () => from.int(1, 6)).join('');
 * const rolled = rolls(random);
 * if (!/^[1-6]{9}$/.test(rolled) || rolls(again) !== rolled) throw new Error(rolled);
 * if (rolls(createRandom('7/train/43')) === rolled) throw new Error('expected another stream');
 * if (random.shuffle(['a', 'b', 'c']).sort().join() !== 'a,b,c') throw new Error('expected the same items');
 * ```
 */
export function createRandom(key: string): Random {
  const digest = createHash('sha256').update(key).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  const int = (from: number, to: number): number => uniformInt(generator, from, to);
  return {
    float: () => uniformFloat64(generator),
    int,
    chance: (probability) => uniformFloat64(generator) < probability,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError('pick: expected at least one item, got none');
      return items[int(0, items.length - 1)] as T;
    },
    shuffle: <T>(items: readonly T[]): T[] => {
      const copy = [...items];
      for (let last = copy.length - 1; last > 0; last -= 1) {
        const other = int(0, last);
        const kept = copy[last] as T;
        copy[last] = copy[other] as T;
        copy[other] = kept;
      }
      return copy;
    },
  };
}
