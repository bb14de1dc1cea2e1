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
