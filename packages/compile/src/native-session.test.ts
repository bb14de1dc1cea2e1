import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test, vi } from 'vitest';
import { createBindingSession } from './binding-session.js';
import { captureGraph } from './capture.js';
import { collectGarbage } from './collect-garbage.test-support.js';
import { createNativeSession } from './native-session.js';
import { ortLibrary } from './ort-library.js';
import { createSession, type OpenSession, type SessionSettings } from './session.js';
import { emptyTensor, type HostTensor } from './tensors.js';

const settings: SessionSettings = { threads: 1, keepsMemory: false, logLevel: 4, entries: {}, memory: {} };
const root = fileURLToPath(new URL('../../..', import.meta.url));

const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

const graph = captureGraph(
  {
    x: { shape: [2], dtype: 'float32' },
    n: { shape: [2], dtype: 'int32' },
    b: { shape: [2], dtype: 'bool' },
    none: { shape: [0], dtype: 'float32' },
  },
  ({ x, n, b, none }) => ({
    doubled: tf.mul(x as tf.Tensor, 2),
    next: tf.add(n as tf.Tensor, tf.scalar(1, 'int32')),
    not: tf.logicalNot(b as tf.Tensor),
    empty: tf.exp(none as tf.Tensor),
  }),
);
const inputs = {
  x: vector(1, 2),
  n: { shape: [2], dtype: 'int32', data: Int32Array.of(3, 4) },
  b: { shape: [2], dtype: 'bool', data: Uint8Array.of(0, 1) },
  none: vector(),
} as const satisfies Record<string, HostTensor>;

/** Memory for the results, by the graph's names for them. */
const memory = (): Record<string, HostTensor> =>
  Object.fromEntries(Object.values(graph.outputs).map((output) => [output.name, emptyTensor(output)]));
const resultOf = (results: Readonly<Record<string, HostTensor>>, key: string) =>
  results[graph.outputs[key]?.name ?? '']?.data;

/** Runs a script of these tests in a process of its own. */
async function runScript(url: URL): Promise<{ readonly out: string; readonly warned: boolean }> {
  const script = fileURLToPath(url);
  const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
    env,
    cwd: root,
  });
  const warnings = stderr.split("can't be called directly").length - 1;
  return { out: stdout.trim(), warned: warnings === 1 };
}

function library() {
  const found = ortLibrary();
  if (found === undefined) throw new Error('no library of onnxruntime for this platform');
  return found;
}

describe.each<[string, () => OpenSession | Promise<OpenSession>]>([
  ['by the C API', () => createNativeSession(library(), graph.model, settings)],
  ['by the binding', () => createBindingSession(graph.model, 'ort-cpu', settings)],
])('a session %s', (_, open) => {
  test('writes results of every element type into the given memory, empty ones too', async () => {
    const session = await open();
    expect([...session.inputNames].sort()).toEqual(['b', 'n', 'none', 'x']);
    const results = memory();
    await session.run(inputs, results);
    expect(resultOf(results, 'doubled')).toEqual(Float32Array.of(2, 4));
    expect(resultOf(results, 'next')).toEqual(Int32Array.of(4, 5));
    expect(resultOf(results, 'not')).toEqual(Uint8Array.of(1, 0));
    expect(resultOf(results, 'empty')).toEqual(new Float32Array());
    await session.release();
  });

  test('reads memory as it is at each run: the same arrays, others, and parts of larger ones', async () => {
    const session = await open();
    const results = memory();
    const doubled = async (x: HostTensor): Promise<number[]> => {
      await session.run({ ...inputs, x }, results);
      return Array.from(resultOf(results, 'doubled') ?? []);
    };
    const x = vector(1, 2);
    expect(await doubled(x)).toEqual([2, 4]);
    x.data.set([5, 6]);
    expect(await doubled(x)).toEqual([10, 12]);
    expect(await doubled(vector(7, 8))).toEqual([14, 16]);
    const part = Float32Array.of(0, 0, 0, 9, 10, 0).subarray(3, 5);
    expect(await doubled({ shape: [2], dtype: 'float32', data: part })).toEqual([18, 20]);
    expect(await doubled(x)).toEqual([10, 12]);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([11, 12]);
    expect(await doubled({ shape: [2], dtype: 'float32', data: shared })).toEqual([22, 24]);
    await session.release();
  });

  test('refuses an array whose memory was moved away, and works again with the next', async () => {
    const session = await open();
    const x = vector(1, 2);
    const results = memory();
    await session.run({ ...inputs, x }, results);
    structuredClone(x.data.buffer, { transfer: [x.data.buffer as ArrayBuffer] });
    await expect(session.run({ ...inputs, x }, results)).rejects.toThrow(/size|space/i);
    await session.run({ ...inputs, x: vector(3, 4) }, results);
    expect(resultOf(results, 'doubled')).toEqual(Float32Array.of(6, 8));
    await session.release();
  });

  test('names the input that a run lacks', async () => {
    const session = await open();
    const { n, b, none } = inputs;
    await expect(session.run({ n, b, none }, memory())).rejects.toThrow(/expected a tensor for x, got none/);
    await session.release();
  });
});

describe('createNativeSession', () => {
  test('a model that is none is an error in the library’s words', () => {
    const create = () => createNativeSession(library(), new Uint8Array([1, 2, 3]), settings);
    expect(create).toThrow(/protobuf/i);
    expect(() => createNativeSession(library(), '/nowhere.onnx', settings)).toThrow(/nowhere/);
  });

  test('a run that fails says why, and the next one works', async () => {
    const picks = captureGraph({ at: { shape: [1], dtype: 'int32' } }, ({ at }) => ({
      y: tf.gather(tf.tensor1d([1, 2]), at as tf.Tensor1D),
    }));
    const session = createNativeSession(library(), picks.model, settings);
    const name = picks.outputs['y']?.name ?? '';
    const pick = (at: number, y: HostTensor) =>
      session.run({ at: { shape: [1], dtype: 'int32', data: Int32Array.of(at) } }, { [name]: y });
    const y = vector(0);
    await expect(pick(7, y)).rejects.toThrow(/out of/);
    await pick(1, y);
    expect(y).toEqual(vector(2));
    // Memory that is too small, and then the same as before.
    await expect(pick(0, { ...vector(0), data: new Float32Array() } as HostTensor)).rejects.toThrow();
    await pick(0, y);
    expect(y).toEqual(vector(1));
    await session.release();
  });

  test('after its release a run is refused, and a second release does nothing', async () => {
    const session = createNativeSession(library(), graph.model, settings);
    const asked = session.run(inputs, memory());
    await session.release();
    await expect(asked).rejects.toMatchObject({ code: 'compile/disposed' });
    await session.release();
  });

  test('keeps no memory of a caller’s alive', async () => {
    const session = createNativeSession(library(), graph.model, settings);
    const collected: string[] = [];
    const registry = new FinalizationRegistry<string>((name) => collected.push(name));
    const runOnce = async (): Promise<void> => {
      const x = vector(1, 2);
      registry.register(x.data, 'x');
      await session.run({ ...inputs, x }, memory());
    };
    await runOnce();
    for (let i = 0; i < 20 && collected.length === 0; i++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(collected).toEqual(['x']);
    await session.release();
  });

  test('a session that nobody released is freed when it is collected', async () => {
    const real = library();
    const releaseSession = vi.fn((session: bigint) => real.releaseSession(session));
    const openAndForget = async (): Promise<void> => {
      const session = createNativeSession({ ...real, releaseSession }, graph.model, settings);
      await session.run(inputs, memory());
    };
    await openAndForget();
    for (let i = 0; i < 20 && releaseSession.mock.calls.length === 0; i++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(releaseSession).toHaveBeenCalledTimes(1);
  });

  test('the library stays loaded where nothing else loads it', async () => {
    expect(await runScript(new URL('./ort-library.test-support.ts', import.meta.url))).toEqual({
      out: 'names: x',
      warned: false,
    });
  });
});

describe('createSession', () => {
  test('calls the library directly, not the binding', async () => {
    const run = vi.spyOn(InferenceSession, 'create');
    const session = await createSession({ model: graph.model }, {});
    const results = memory();
    await session.run(inputs, results);
    expect(resultOf(results, 'doubled')).toEqual(Float32Array.of(2, 4));
    expect(run).not.toHaveBeenCalled();
    await session.release();
  });

  test('where koffi has no binary the binding runs programs, weights in 8 bits and training steps, after one warning', async () => {
    expect(await runScript(new URL('./without-koffi.test-support.ts', import.meta.url))).toEqual({
      out: 'y: 2\ny: 4\nshared: 254,381\npacked: 254,381\nw: 2.0044',
      warned: true,
    });
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses %d threads', async (threads) => {
    await expect(createSession({ model: graph.model }, { threads })).rejects.toMatchObject({
      code: 'compile/bad-input',
    });
  });
});
