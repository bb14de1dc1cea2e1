import { createRandom } from '@fgam/data';
import { trainerError } from './error.js';

/** Where a pass over data stands; plain data, saved with every checkpoint. */
export interface Cursor {
  readonly epoch: number;
  /** Items of the epoch that have been used. */
  readonly position: number;
}

/** The start of the first epoch. */
export const FIRST: Cursor = { epoch: 0, position: 0 };

/** Draws batches of indices: each epoch is a permutation of its own, from the seed and the epoch's number alone. */
export interface BatchOrder {
  draw(cursor: Cursor, batchSize: number): { readonly indices: readonly number[]; readonly next: Cursor };
}

/**
 * A seeded order over items. A batch that reaches the end of an epoch goes on in the next.
 *
 * @param count - items, from 1
 * @param seed - the same seed gives the same order
 * @throws FgamError `trainer/no-data` for a count below 1
 * @returns draws indices 0 .. count - 1; what it draws depends on the cursor alone
 * @example
 * ```ts
 * import { createBatchOrder } from '@fgam/trainer';
 *
 * const order = createBatchOrder(5, 'seed');
 * const first = order.draw({ epoch: 0, position: 0 }, 3);
 * const second = order.draw(first.next, 3);
 * // Two items are left of the first epoch; the third is of the next one.
 * const epoch = [...first.indices, ...second.indices.slice(0, 2)].sort();
 * if (epoch.join() !== '0,1,2,3,4') throw new Error(epoch.join());
 * if (second.next.epoch !== 1 || second.next.position !== 1) throw new Error('expected the next epoch');
 * ```
 */
export function createBatchOrder(count: number, seed: string): BatchOrder {
  if (!(count >= 1)) throw trainerError('trainer/no-data', `createBatchOrder: expected items, got ${count}`);
  let kept: { epoch: number; order: readonly number[] } | undefined;
  const orderOf = (epoch: number): readonly number[] => {
    if (kept?.epoch !== epoch) {
      const items = Array.from({ length: count }, (_, index) => index);
      kept = { epoch, order: createRandom(`${seed}/epoch/${epoch}`).shuffle(items) };
    }
    return kept.order;
  };
  return {
    draw(cursor, batchSize) {
      const indices: number[] = [];
      let { epoch, position } = cursor;
      while (indices.length < batchSize) {
        if (position >= count) {
          epoch += 1;
          position = 0;
        }
        const order = orderOf(epoch);
        const taken = order.slice(position, position + batchSize - indices.length);
        indices.push(...taken);
        position += taken.length;
      }
      return { indices, next: { epoch, position } };
    },
  };
}
