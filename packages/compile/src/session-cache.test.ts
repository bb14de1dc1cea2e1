import { expect, test } from 'vitest';
import type { CapturedGraph } from './capture.js';
import { createSessionCache } from './session-cache.js';

const capture = (): CapturedGraph => ({ model: new Uint8Array(), inputs: [], outputs: {}, nodes: 0 });

test('a session that can’t be freed is no unhandled rejection: dispose tells, after all others', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const freed: string[] = [];
  const names = ['evicted', 'slow', 'last'];
  const cache = createSessionCache(2, async () => {
    const name = names.shift() as string;
    return {
      run: async () => ({}),
      async release() {
        if (name === 'evicted') throw new Error('it is stuck');
        await new Promise((resolve) => setTimeout(resolve, 5));
        freed.push(name);
      },
    };
  });
  for (const signature of ['a', 'b', 'c']) await cache.prepared(signature, capture);
  // Rejections that nobody handles are reported between turns of the event loop.
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  await expect(cache.dispose()).rejects.toThrow('it is stuck');
  expect(freed.sort()).toEqual(['last', 'slow']);
  expect(unhandled).toEqual([]);
  process.off('unhandledRejection', note);
});
