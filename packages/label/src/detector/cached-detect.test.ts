import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { patchImage, TINY_FOLDER } from './detector.test-support.js';
import { createGroundingDino, type GroundingDinoOptions } from './grounding-dino.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'detections-'));
});
afterEach(() => rm(cache, { recursive: true }));

const image = await patchImage(64, 32, [{ colour: '#ff0000', at: [16, 8, 16, 8] }]);
const other = await patchImage(64, 32, [{ colour: '#00ff00', at: [16, 8, 16, 8] }]);
const phrases = ['a red square', 'green'];

/** What a detector finds whose model is gone: what the cache remembers, or nothing at all. */
async function remembered(
  options: Partial<GroundingDinoOptions> = {},
  requests = [{ image, phrases }],
): Promise<unknown> {
  const detector = await createGroundingDino({ folder: TINY_FOLDER, cache, ...options });
  await detector.release();
  return detector.detect(requests).catch(() => 'unknown');
}

it('remembers what was found, by all that it depends on', async () => {
  const detector = await createGroundingDino({ folder: TINY_FOLDER, cache });
  const found = await detector.detect([{ image, phrases }]);
  expect(found[0]).toHaveLength(1);
  expect(await detector.detect([{ image, phrases }])).toEqual(found);
  await detector.release();

  expect(await remembered()).toEqual(found);
  expect(await remembered({ batchSize: 2, threads: 1 })).toEqual(found);
  expect(await remembered({}, [{ image: other, phrases }])).toBe('unknown');
  expect(await remembered({}, [{ image, phrases: ['a red square'] }])).toBe('unknown');
  expect(await remembered({}, [{ image, phrases: [...phrases].reverse() }])).toBe('unknown');
  expect(await remembered({ boxThreshold: 0.36 })).toBe('unknown');
  expect(await remembered({ iouThreshold: 0.5 })).toBe('unknown');
  expect(await remembered({ maxTokens: 100 })).toBe('unknown');
  expect(await remembered({ weights: 'onnx/model_fixed.onnx' })).toBe('unknown');

  const copy = join(cache, 'copy');
  await cp(TINY_FOLDER, copy, { recursive: true });
  expect(await remembered({ folder: copy })).toEqual(found);
  const config = await readFile(join(copy, 'preprocessor_config.json'), 'utf8');
  await writeFile(
    join(copy, 'preprocessor_config.json'),
    config.replace('"longest_edge": 64', '"longest_edge": 60'),
  );
  expect(await remembered({ folder: copy })).toBe('unknown');
});

it('asks for what it does not know alone, and keeps the order', async () => {
  const detector = await createGroundingDino({ folder: TINY_FOLDER, cache });
  const [red = []] = await detector.detect([{ image, phrases }]);
  const all = [other, image, other].map((each) => ({ image: each, phrases }));
  const [first, second, third] = await detector.detect(all);
  expect(first?.map(({ label }) => label)).toEqual(['green']);
  expect(second).toEqual(red);
  expect(third).toEqual(first);
  await detector.release();
  expect(await remembered({}, all)).toEqual([first, second, third]);
});
