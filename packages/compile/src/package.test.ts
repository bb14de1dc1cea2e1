import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;

beforeAll(async () => {
  // Inside the package, so that the bundle finds what it imports.
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'bundle-'));
  // As tsup.config.ts has it.
  await build({
    entryPoints: ['index.ts', 'session-worker.ts'].map((name) =>
      fileURLToPath(new URL(name, import.meta.url)),
    ),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: folder,
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program in plain Node over the bundle. */
function run(program: string): { readonly status: number | null; readonly said: string | undefined } {
  const script = `
    import { createFunction, createTrainingStep } from ${JSON.stringify(join(folder, 'index.js'))};
    import * as tf from '@tensorflow/tfjs-core';
    ${program}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 55_000,
  });
  return { status, said: stderr || stdout.trim().split('\n').at(-1) };
}

const GRADIENT = '(_weights, { x }) => ({ y: tf.grad((z) => tf.sum(tf.square(z)))(x) })';
const INPUT = "{ x: { shape: [2], dtype: 'float32', data: Float32Array.of(3, 4) } }";

test('a bundle for plain Node registers gradients: nothing takes them for unused', () => {
  const program = `
    const { y } = await createFunction(${GRADIENT}).run(${INPUT});
    console.log(y.data.join());`;
  expect(run(program)).toEqual({ status: 0, said: '6,8' });
});

test('it finds its worker, which keeps the process alive while a call waits, and no longer', () => {
  const program = `
    const f = createFunction(${GRADIENT}, { worker: true });
    f.run(${INPUT}).then(({ y }) => console.log(y.data.join()));`;
  expect(run(program)).toEqual({ status: 0, said: '6,8' });
});

test('a worker that was never asked for anything ends with its process', () => {
  const program = `
    createFunction(${GRADIENT}, { worker: true });
    createTrainingStep({ weights: { w: ${INPUT}.x }, loss: ({ w }) => ({ total: tf.sum(w) }), worker: true });
    console.log('end');`;
  expect(run(program)).toEqual({ status: 0, said: 'end' });
});

test('a process exits as it is told to while its worker is inside a run', () => {
  const program = `
    const power = (_weights, { x }) => {
      let y = x;
      for (let i = 0; i < 64; i++) y = tf.matMul(y, x);
      return { y };
    };
    const size = 512;
    const x = () => ({ shape: [size, size], dtype: 'float32', data: new Float32Array(size * size).fill(1 / size) });
    const f = createFunction(power, { worker: true, threads: 1 });
    await f.run({ x: x() });
    for (let i = 0; i < 3; i++) void f.run({ x: x() });
    setTimeout(() => {
      console.log('end');
      process.exit(3);
    }, 10);`;
  expect(run(program)).toEqual({ status: 3, said: 'end' });
});

test('dispose is waited for at the end of a program', () => {
  const program = `
    const f = createFunction(${GRADIENT}, { worker: true });
    await f.run(${INPUT});
    await f.dispose();
    console.log('end');`;
  expect(run(program)).toEqual({ status: 0, said: 'end' });
});

test('a worker whose file is not there says so', () => {
  rmSync(join(folder, 'session-worker.js'));
  const program = `
    const f = createFunction(${GRADIENT}, { worker: true });
    await f.run(${INPUT}).catch(({ code, message }) => console.log(code, /session-worker.js/.test(message)));`;
  expect(run(program)).toEqual({ status: 0, said: 'compile/no-worker true' });
});
