import { afterEach, expect, test, vi } from 'vitest';
import { reportQueue } from './shard-queue-place.js';

afterEach(() => void vi.restoreAllMocks());

test.each([
  [
    { waiting: 3, active: 0, workers: 0 },
    /3 wait, 0 given up, 0 workers; no worker is connected: fgam data work/,
  ],
  [{ waiting: 3, active: 1, workers: 0 }, /1 at work \(0 samples\), 3 wait, 0 given up\n$/],
  [{ waiting: 3, active: 1, workers: 2 }, /1 at work \(0 samples\), 3 wait, 0 given up, 2 workers\n$/],
  [{ waiting: 0, active: 0, workers: 0 }, /0 wait, 0 given up, 0 workers\n$/],
])('of %o it says nothing that contradicts itself', (state, line) => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { onState } = reportQueue({ out: 'shards', redis: 'redis://host' }, 'redis://host');
  onState({ ...state, dead: 0, samples: 0 });
  expect(written.mock.calls).toEqual([[expect.stringMatching(line)]]);
});
