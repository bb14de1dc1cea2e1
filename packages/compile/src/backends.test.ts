import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BACKENDS, isEager } from './backend.js';
import { findBackends } from './backends.js';
import { createFunction } from './compiled-function.js';
import { createTrainingStep } from './training-step.js';

tf.env().set('PROD', true);

/** As on a machine without an NVIDIA GPU and where `npm run setup:tfjs-node` never ran. */
function onPlainMachine(): void {
  const nowhere = mkdtempSync(join(tmpdir(), 'fgam-nowhere-'));
  rmSync(nowhere, { recursive: true });
  vi.stubEnv('FGAM_TFJS_NODE', nowhere);
  vi.stubEnv('PATH', nowhere);
}
afterEach(() => {
  vi.unstubAllEnvs();
});

const program = () => ({ y: tf.scalar(1) });

describe('findBackends', () => {
  test('lists each backend once, says why one is not here, and picks the CPU', async () => {
    await tf.setBackend('cpu');
    const { picked, backends } = await findBackends();
    expect(picked).toBe('ort-cpu');
    expect(backends.map(({ backend }) => backend)).toEqual([...BACKENDS]);
    for (const info of backends) if (!info.available) expect(info.reason, info.backend).not.toBe('');
    const available = backends.filter((info) => info.available).map(({ backend }) => backend);
    expect(available).toEqual(expect.arrayContaining(['ort-cpu', 'tfjs-cpu', 'tfjs-wasm']));
    expect(tf.getBackend()).toBe('cpu');
  });

  test('gives the commands that add a GPU and TensorFlow', async () => {
    onPlainMachine();
    const { picked, backends } = await findBackends('auto');
    expect(picked).toBe('ort-cpu');
    const commands = backends.map((info) => [info.backend, info.available ? undefined : info.command]);
    expect(Object.fromEntries(commands)).toMatchObject({
      'tfjs-node': 'npm run setup:tfjs-node',
      'tfjs-node-gpu': 'npm run setup:tfjs-node -- --gpu',
      ...(process.platform === 'linux' && process.arch === 'x64'
        ? { 'ort-cuda': 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node' }
        : {}),
    });
  });

  test('looks at a named one alone', async () => {
    expect(await findBackends('tfjs-wasm')).toEqual({
      picked: 'tfjs-wasm',
      backends: [{ backend: 'tfjs-wasm', available: true }],
    });
  });

  test('refuses a named one that is not here, with the command that adds it', async () => {
    onPlainMachine();
    await expect(findBackends('tfjs-node')).rejects.toMatchObject({
      code: 'compile/no-backend',
      message: expect.stringMatching(
        /tfjs-node is not here: not built.*To add it: npm run setup:tfjs-node/,
      ) as string,
    });
    await expect(findBackends('ort-cuda')).rejects.toMatchObject({ code: 'compile/no-backend' });
  });
});

describe('a backend that is not here', () => {
  test.each(['tfjs-node', 'tfjs-node-gpu', 'ort-cuda'] as const)(
    '%s is refused by functions and training steps, with what is missing',
    async (backend) => {
      onPlainMachine();
      const f = createFunction(program, { backend });
      const refusal = { code: 'compile/no-backend', message: expect.stringContaining(backend) as string };
      await expect(f.run({})).rejects.toMatchObject(refusal);
      const step = createTrainingStep({
        backend,
        weights: { w: { shape: [1], dtype: 'float32', data: Float32Array.of(1) } },
        loss: ({ w }) => ({ total: tf.sum(w as tf.Tensor) }),
      });
      await expect(step.run({}, { learningRate: 1 })).rejects.toMatchObject(refusal);
      await Promise.all([f.dispose(), step.dispose()]);
    },
  );
});

test('eager backends are told from captured ones', () => {
  expect(BACKENDS.filter(isEager)).toEqual(BACKENDS.filter((backend) => backend.startsWith('tfjs-')));
  expect(isEager('ort-cuda')).toBe(false);
});
