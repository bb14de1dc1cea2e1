#!/usr/bin/env node
/**
 * Compares `resample` of `@fgam/data` with Pillow, byte by byte, on random images, sizes, boxes and all filters.
 *
 *     npm run build -w @fgam/data
 *     node tools/compare-resampling.mjs --python venv/bin/python [--count 2000] [--seed 1] [--side 200]     (venv: pip install pillow)
 *     node tools/compare-resampling.mjs --python venv/bin/python --count 48 --side 14 --write packages/data/test-fixtures/pillow-resample.json
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom, resample } from '../packages/data/dist/index.js';

const FILTERS = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'];

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    side: { type: 'string', default: '200' },
    write: { type: 'string' },
  },
});
if (!values.python) throw new Error('compare-resampling: expected --python, an interpreter with Pillow');

const pillow = spawn(values.python, [fileURLToPath(new URL('pillow-resample.py', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const replies = createInterface({ input: pillow.stdout })[Symbol.asyncIterator]();
const { pillow: version } = JSON.parse((await replies.next()).value);
const random = createRandom(`resampling/${values.seed}`);
const cases = [];
let unequal = 0;
for (let index = 0; index < Number(values.count); index++) {
  pillow.stdin.write(`${JSON.stringify(randomRequest(index))}\n`);
  const { value, done } = await replies.next();
  if (done) throw new Error('compare-resampling: Pillow ended early');
  const reply = JSON.parse(value);
  cases.push(reply);
  if (ours(reply).equals(Buffer.from(reply.result, 'base64'))) continue;
  unequal++;
  console.error('unequal', JSON.stringify({ ...reply, pixels: undefined, result: undefined }));
}
pillow.stdin.end();
if (values.write) {
  const lines = cases.map((one) => JSON.stringify(one)).join(',\n');
  writeFileSync(values.write, `{"pillow":"${version}","cases":[\n${lines}\n]}\n`);
}
console.log(`Pillow ${version}, seed ${values.seed}: ${cases.length - unequal} of ${cases.length} equal`);
process.exitCode = unequal === 0 ? 0 : 1;

function ours({ size: [width, height], channels, pixels, box: [x, y, w, h], to, filter }) {
  const data = Buffer.from(pixels, 'base64');
  const box = { x, y, width: w, height: h };
  return Buffer.from(
    resample({ data, width, height, channels }, { width: to[0], height: to[1], filter, box }).data,
  );
}

/**
 * Noise, or full contrast (where filters overshoot); a part of the image two times of three, on a grid
 * of quarters or anywhere.
 */
function randomRequest(index) {
  // Most sides are short of the longest, so that narrow images are among them too.
  const side = () => random.int(1, random.int(1, Number(values.side)));
  const channels = index % 4 === 3 ? 1 : 3;
  // Pillow has another order for very tall images.
  const size = index % 12 === 5 ? [2, 201 + side()] : [side(), side()];
  const steep = random.chance(0.3);
  const pixels = Buffer.from(
    Array.from({ length: size[0] * size[1] * channels }, () =>
      steep ? random.int(0, 1) * 255 : random.int(0, 255),
    ),
  );
  const kind = random.pick(['all', 'quarters', 'anywhere']);
  const [across, down] = size.map((length) => interval(kind, length));
  const to = [random.chance(0.1) ? size[0] : side(), random.chance(0.1) ? size[1] : side()];
  return {
    filter: FILTERS[Math.floor(index / 4) % FILTERS.length],
    channels,
    size,
    box: [across[0], down[0], across[1], down[1]],
    to,
    pixels: pixels.toString('base64'),
  };
}

function interval(kind, length) {
  if (kind === 'all') return [0, length];
  const grid = kind === 'quarters' ? 4 : 2 ** 20;
  const from = random.int(0, length * grid - 1);
  return [from / grid, random.int(1, length * grid - from) / grid];
}
