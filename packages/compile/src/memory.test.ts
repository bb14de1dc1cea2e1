import { expect, test } from 'vitest';
import { trainedBlocks } from './memory.test-support.js';

test.skipIf(process.platform !== 'linux')(
  'recomputed blocks and micro-batches hold less than whole steps do, in steps of the same numbers',
  async () => {
    const plain = await trainedBlocks('plain');
    const again = await trainedBlocks('recomputed');
    expect(again.losses).toEqual(plain.losses);
    expect(again.heldBytes).toBeLessThan(0.7 * plain.heldBytes);
    const parts = await trainedBlocks('micro-batches');
    parts.losses.forEach((loss, i) => expect(loss / (plain.losses[i] as number)).toBeCloseTo(1, 3));
    expect(parts.heldBytes).toBeLessThan(0.7 * plain.heldBytes);
  },
);
