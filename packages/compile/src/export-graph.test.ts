import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFunction } from './compiled-function.js';
import { exportGraph } from './export-graph.js';
import { anonymousBytes } from './memory.test-support.js';
import { openGraph } from './open-graph.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import type { HostTensor, Program, Weights } from './tensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-graph-'));
});
afterAll(() => rm(folder, { recursive: true }));

const matrix = (rows: number, columns: number, seed: number): HostTensor => ({
  shape: [rows, columns],
  dtype: 'float32',
  data: Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + i)),
});
/** An odd number of bytes before them: nothing in the file is aligned. */
const weights: Weights = {
  a: { shape: [1], dtype: 'bool', data: Uint8Array.of(1) },
  ids: { shape: [2], dtype: 'int32', data: Int32Array.of(2, 0) },
  w: matrix(4, 3, 1),
};
const program: Program = ({ a, ids, w }, { x }) => {
  const product = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D);
  return {
    picked: tf.gather(product, ids as tf.Tensor1D, 1),
    chosen: tf.where(a as tf.Tensor, product, tf.neg(product)),
    'is/large': tf.greater(product, 0.5),
  };
};
const inputs = { x: { shape: [2, 4], dtype: 'float32' } } as const;

describe('exportGraph', () => {
  test.each([
    ['F32', 'mapped'],
    ['F16', 'mapped'],
    ['F16', 'packed'],
  ] as const)(
    'a graph over %s weights in their file, %s, gives what the program gives',
    async (dtype, memory) => {
      const file = join(folder, `${dtype}.safetensors`);
      const path = join(folder, `${dtype}-${memory}.onnx`);
      await writeSafetensors(file, weights, { dtype });
      await exportGraph(path, program, { weights: file, inputs, memory, name: 'pick', version: '7' });
      const graph = await openGraph(path);
      expect(graph).toMatchObject({ name: 'pick', version: '7', inputs });
      expect(graph.outputs['picked']).toEqual({ shape: [2, 2], dtype: 'float32' });
      const direct = createFunction(program, { weights: (await readSafetensors(file)).weights });
      const x = matrix(2, 4, 9);
      expect(await graph.run({ x })).toEqual(await direct.run({ x }));
      await Promise.all([graph.dispose(), direct.dispose()]);
      await expect(graph.run({ x })).rejects.toMatchObject({ code: 'compile/disposed' });
    },
  );

  test.skipIf(process.platform !== 'linux')(
    'opening widens and copies weights of half precision where they are packed, not where they are mapped',
    async () => {
      const file = join(folder, 'large.safetensors');
      const wide = { shape: [4096, 4096], dtype: 'float32', data: new Float32Array(4096 ** 2) } as const;
      await writeSafetensors(file, { wide }, { dtype: 'F16' });
      const inputs = { x: { shape: [1, 4096], dtype: 'float32' } } as const;
      const grown: Record<string, number> = {};
      for (const memory of ['mapped', 'packed'] as const) {
        const path = join(folder, `${memory}.onnx`);
        const product: Program = ({ wide }, { x }) => ({
          y: tf.matMul(x as tf.Tensor2D, wide as tf.Tensor2D),
        });
        await exportGraph(path, product, { weights: file, inputs, memory });
        const before = await anonymousBytes();
        const graph = await openGraph(path);
        const { y } = await graph.run({ x: matrix(1, 4096, 1) });
        expect(y?.data.every((value) => value === 0)).toBe(true);
        grown[memory] = (await anonymousBytes()) - before;
        await graph.dispose();
      }
      // The bytes of the float32 copy; the rest is what one run leaves behind.
      const copy = 4 * 4096 ** 2;
      expect(grown['mapped']).toBeLessThan(copy / 2);
      expect(grown['packed']).toBeGreaterThan(copy / 2);
    },
  );

  test('the graph holds no weights, and moves with their file', async () => {
    const from = join(folder, 'from');
    await mkdir(join(from, 'deep'), { recursive: true });
    const file = join(from, 'deep', 'model.safetensors');
    await writeSafetensors(file, { ...weights, w: matrix(4, 3, 1), unused: matrix(300, 300, 2) });
    await exportGraph(join(from, 'graph.onnx'), program, { weights: file, inputs });
    expect((await stat(join(from, 'graph.onnx'))).size).toBeLessThan(4000);
    await rename(from, join(folder, 'to'));
    const graph = await openGraph(join(folder, 'to', 'graph.onnx'));
    expect((await graph.run({ x: matrix(2, 4, 0) }))['picked']?.shape).toEqual([2, 2]);
    await graph.dispose();
  });

  test('a program without weights or inputs, an empty result and one that is an input', async () => {
    const path = join(folder, 'plain.onnx');
    await exportGraph(path, () => ({ one: tf.scalar(1), none: tf.zeros([0, 2]) }), { inputs: {} });
    const graph = await openGraph(path);
    expect(await graph.run({})).toEqual({
      one: { shape: [], dtype: 'float32', data: Float32Array.of(1) },
      none: { shape: [0, 2], dtype: 'float32', data: new Float32Array(0) },
    });
    await graph.dispose();
  });

  test('refuses weights elsewhere, other inputs, other files', async () => {
    const file = join(folder, 'other.safetensors');
    await writeSafetensors(file, weights);
    await mkdir(join(folder, 'sub'));
    await expect(
      exportGraph(join(folder, 'sub', 'graph.onnx'), program, { weights: file, inputs }),
    ).rejects.toMatchObject({ code: 'compile/bad-input' });

    const path = join(folder, 'strict.onnx');
    await exportGraph(path, program, { weights: file, inputs });
    const graph = await openGraph(path);
    await expect(graph.run({ x: matrix(3, 4, 1) })).rejects.toThrow(/x:float32\[2,4\].*got x:float32\[3,4\]/);
    await graph.dispose();

    const bad = { code: 'compile/bad-graph' };
    const whole = await readFile(path);
    for (const [name, bytes] of [
      ['cut', whole.subarray(0, whole.length - 20)],
      ['text', Buffer.from('not a graph')],
      ['empty', Buffer.alloc(0)],
    ] as const) {
      await writeFile(join(folder, name), bytes);
      await expect(openGraph(join(folder, name))).rejects.toMatchObject(bad);
    }
    await rm(file);
    await expect(openGraph(path)).rejects.toMatchObject(bad);
  });
});
