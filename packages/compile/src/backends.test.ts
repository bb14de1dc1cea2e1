import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { isEager, listBackends } from './backends.js';
import { defaultThreads } from './threads.js';
import { createFunction } from './compiled-function.js';

tf.env().set('PROD', true);

describe('listBackends', () => {
  test('lists each backend once; what is not here has a note that says how to get it', async () => {
    await tf.setBackend('cpu');
    const backends = await listBackends();
    expect(backends.map(({ backend }) => backend)).toEqual([
      'ort-cpu',
      'ort-cuda',
      'ort-webgpu',
      'tfjs-cpu',
      'tfjs-wasm',
      'tfjs-node',
      'tfjs-node-gpu',
    ]);
    for (const { backend, available, note } of backends) {
      if (available) expect(note, backend).toBeUndefined();
      else expect(note, backend).toMatch(/npm|needs a/);
    }
    const available = backends.filter((info) => info.available).map(({ backend }) => backend);
    expect(available).toEqual(expect.arrayContaining(['ort-cpu', 'tfjs-cpu', 'tfjs-wasm']));
    expect(tf.getBackend()).toBe('cpu');
  });
});

test('a package that is not installed is named, with the command that installs it', async () => {
  // tfjs-node downloads TensorFlow when it is installed: this repository does without.
  const f = createFunction(() => ({ y: tf.scalar(1) }), { backend: 'tfjs-node' });
  await expect(f.run({})).rejects.toMatchObject({
    code: 'compile/no-backend',
    message: expect.stringContaining('npm install @tensorflow/tfjs-node') as string,
  });
});

test('eager backends are told from captured ones', () => {
  expect(isEager('tfjs-wasm')).toBe(true);
  expect(isEager('ort-cuda')).toBe(false);
  expect(defaultThreads()).toBeGreaterThanOrEqual(1);
});
