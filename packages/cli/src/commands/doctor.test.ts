import { join } from 'node:path';
import { BACKENDS } from '@fgam/compile';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

beforeEach(async () => {
  // As where there is no NVIDIA GPU and nothing was built.
  const empty = await temporary('doctor');
  vi.stubEnv('PATH', empty);
  vi.stubEnv('FGAM_TFJS_NODE', join(empty, 'tfjs-node'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('fgam doctor --json lists every backend, and says what adds the ones that are missing', async () => {
  const found = await fgamJson('doctor');
  const backends = found['backends'] as readonly Record<string, unknown>[];
  expect(backends.map(({ backend }) => backend)).toEqual([...BACKENDS]);
  expect(found).toMatchObject({ node: process.versions.node, picked: 'ort-cpu' });
  expect(backends).toContainEqual({ backend: 'ort-cpu', available: true });
  expect(backends).toContainEqual({
    backend: 'tfjs-node-gpu',
    available: false,
    reason: expect.stringContaining('not built') as string,
    command: 'npm run setup:tfjs-node -- --gpu',
  });
});

test('fgam doctor shows people the same, with the commands on lines of their own', async () => {
  const { code, out } = await fgam('doctor');
  expect(code).toBe(0);
  for (const backend of BACKENDS) expect(out).toMatch(new RegExp(`│ ${backend} +│ (yes|no)`));
  expect(out).toContain('\nadd tfjs-node: npm run setup:tfjs-node\n');
  expect(out).toContain('\nadd tfjs-node-gpu: npm run setup:tfjs-node -- --gpu\n');
  expect(out).toContain('--backend auto takes ort-cpu');
});

test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'fgam doctor gives the command that would add a GPU (CUDA: on Linux and x64)',
  async () => {
    const command = 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node';
    expect(await fgamJson('doctor')).toMatchObject({ gpuCommand: command });
    expect((await fgam('doctor')).out).toContain(`with an NVIDIA GPU and its driver: ${command}`);
  },
);

test('fgam doctor refuses options of a plan without one', async () => {
  for (const more of [['--rank', '8'], ['--batch', '2'], ['--tokens', '9'], ['--recompute']]) {
    const refused = await fgam('doctor', ...more, '--json');
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain(`expected options of doctor without --plan, got ${more[0] ?? ''}; leave`);
  }
});

test('fgam doctor --plan says what training takes, of a model by name and of a folder, and what fits', async () => {
  const found = await fgamJson('doctor', '--plan', 'llava-1.5-7b', '--rank', '16', '--recompute');
  // 7,063,427,072 of the model; 16 (in + out) of each adapted map, and a scale each.
  const adapter = 16 * 32 * (4 * 2 * 4096 + 3 * (4096 + 11_008));
  expect(found['parameters']).toEqual({ total: 7_063_427_072 + adapter + 7 * 32, trained: adapter });
  const memory = found['memory'] as Record<string, number> & { weights: Record<string, number> };
  expect(memory.weights['F16']).toBe(2 * 7_063_427_072);
  expect(memory['optimizer']).toBe(8 * adapter);
  // Two passes forward (one again) and one backward of 2 x 6.6e9 a token.
  expect((found['flops'] as number) / (3 * 2 * 6.6e9 * 1024)).toBeCloseTo(1, 0);
  expect(found['gpu']).toMatchObject({ fits: true });
  const folder = join(import.meta.dirname, '../../../models/test-fixtures/tiny-llava');
  const tiny = await fgam('doctor', '--plan', folder, '--tokens', '20', '--batch', '2');
  expect(tiny.out).toMatch(/87088 parameters, 87088 trained[\s\S]*peak[\s\S]*80 GB GPU: fits/);
});

test.each([
  ['tiny-qwen2-vl', 107_456],
  ['tiny-instructblip', 117_296],
  ['tiny-blip2', 90_904],
  ['tiny-minigpt4', 101_440],
])('fgam doctor --plan knows the family of %s', async (name, parameters) => {
  const folder = join(import.meta.dirname, '../../../models/test-fixtures', name);
  const found = await fgamJson('doctor', '--plan', folder, '--tokens', '260');
  expect(found['parameters']).toEqual({ total: parameters, trained: parameters });
  expect(found['gpu']).toMatchObject({ fits: true });
});

test('fgam doctor --plan refuses rows that hold no image and folders without a config', async () => {
  const short = await fgam('doctor', '--plan', 'llava-1.5-7b', '--tokens', '500');
  expect(short.err).toMatch(/more tokens a row than the 576 of an image, got 500/);
  const none = await fgam('doctor', '--plan', 'nowhere');
  expect(none.err).toMatch(/config.json/);
});
