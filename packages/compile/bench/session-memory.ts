/**
 * What onnxruntime holds for a graph beside its values: graphs of some thousand nodes whose values are a few
 * bytes, each opened and run once in a process of its own. By the peak of resident memory over that before,
 * its slope over the nodes (those of bodies among them), and what longer names add for each byte of the
 * model. And what the captured graph takes of JavaScript's heap until it is encoded.
 *
 *     npm run bench:session-memory -w @fgam/compile
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { linearRegression, mean } from 'simple-statistics';
import { type CapturedNodes, captureNodes, encoded } from '../src/capture.js';
import { computedIf } from '../src/computed-if.js';
import { nodesOf } from '../src/onnx-graph.js';
import { createSession, runSession } from '../src/session.js';
import type { HostTensor, TensorSpec } from '../src/tensors.js';

tf.env().set('PROD', true);

const SPEC = { shape: [4, 4], dtype: 'float32' } as const satisfies TensorSpec;
const VALUE: HostTensor = { ...SPEC, data: new Float32Array(16).fill(0.5) };
const SIZES = [250, 500, 1000, 2000];

/** A program of so many rounds over inputs of these names. */
interface Kind {
  readonly inputs: (rounds: number) => readonly string[];
  readonly program: (inputs: readonly tf.Tensor[], rounds: number) => tf.Tensor;
}

const two = (): string[] => ['x', 'y'];
const rounds = (count: number, x: tf.Tensor, round: (x: tf.Tensor) => tf.Tensor): tf.Tensor =>
  Array.from({ length: count }).reduce<tf.Tensor>(round, x);
const elementwise = (count: number, x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
  rounds(count, x, (z) => tf.sub(tf.sqrt(tf.add(tf.mul(z, y), y)), y));
const names = (length: number) => (count: number) =>
  Array.from({ length: count }, (_, i) => `${i}`.padStart(length, 'w'));
const summed = (all: readonly tf.Tensor[]): tf.Tensor => all.reduce((z, each) => tf.sqrt(tf.add(z, each)));
const [SHORT, LONG] = ['inputs of 8 letters', 'inputs of 108 letters'];

const KINDS: Readonly<Record<string, Kind>> = {
  'element-wise': {
    inputs: two,
    program: ([x, y], count) => elementwise(count, x as tf.Tensor, y as tf.Tensor),
  },
  'products, sums, softmax': {
    inputs: two,
    program: ([x, y], count) =>
      rounds(count, x as tf.Tensor, (z) => {
        const weighted = tf.mul(tf.matMul(z, y as tf.Tensor), y as tf.Tensor);
        return tf.softmax(tf.add(tf.sum(weighted, 0, true), z));
      }),
  },
  // As an update is, which is computed where the gradient is finite.
  'element-wise, in a branch': {
    inputs: two,
    program: ([x, y], count) => {
      const [z, other] = [x as tf.Tensor, y as tf.Tensor];
      const [result] = computedIf(tf.less(tf.sum(z), 1e9), () => [elementwise(count, z, other)], [other]);
      return result as tf.Tensor;
    },
  },
  [SHORT]: { inputs: names(8), program: summed },
  [LONG]: { inputs: names(108), program: summed },
};

function captured(name: string, count: number): CapturedNodes {
  const { inputs, program } = KINDS[name] as Kind;
  const specs = Object.fromEntries(inputs(count).map((input) => [input, SPEC]));
  return captureNodes(specs, (all) => ({ z: program(Object.values(all), count) }), { runtime: 'ort-cpu' });
}

async function run(graph: CapturedNodes, model: Uint8Array): Promise<void> {
  const session = await createSession({ model }, { threads: 2, keepsMemory: true });
  const values = Object.fromEntries(graph.inputs.map(({ name }) => [name, VALUE]));
  await runSession(session, graph.outputs, values);
  await session.release();
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

async function resident(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

interface Point {
  readonly nodes: number;
  readonly model: number;
  readonly heap: number;
  readonly session: number;
}

/** The child's part. */
async function measure(kind: string, count: number): Promise<Point> {
  const small = captured(kind, 2);
  // So that onnxruntime's library is loaded.
  await run(small, encoded(small, kind).model);
  collect();
  const { heapUsed } = process.memoryUsage();
  const graph = captured(kind, count);
  collect();
  const heap = process.memoryUsage().heapUsed - heapUsed;
  const { model } = encoded(graph, kind);
  collect();
  const before = await resident('VmRSS');
  // The peak is counted from here on.
  await writeFile('/proc/self/clear_refs', '5');
  await run(graph, model);
  const session = (await resident('VmHWM')) - before;
  return { nodes: nodesOf(graph.graph), model: model.length, heap, session };
}

const [, , mode, kind = '', count = ''] = process.argv;
if (mode === '--child') {
  console.log(JSON.stringify(await measure(kind, Number(count))));
} else {
  const slopes: Record<string, Record<'model' | 'heap' | 'session', number>> = {};
  for (const name of Object.keys(KINDS)) {
    const points: Point[] = [];
    for (const size of SIZES) {
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...process.execArgv,
        fileURLToPath(import.meta.url),
        '--child',
        name,
        `${size}`,
      ]);
      points.push(JSON.parse(stdout) as Point);
    }
    const slope = (of: 'model' | 'heap' | 'session'): number =>
      linearRegression(points.map((point) => [point.nodes, point[of]])).m;
    const { model, heap, session } = (slopes[name] = {
      model: slope('model'),
      heap: slope('heap'),
      session: slope('session'),
    });
    console.log(
      `${name}: a node ${model.toFixed(0)} bytes of the model, ${session.toFixed(0)} of a session, ${heap.toFixed(0)} of the heap;`,
      points.map(({ nodes, session: bytes }) => `${nodes} nodes ${(bytes / 1e6).toFixed(1)} MB`).join(', '),
    );
  }
  const [short, long] = [slopes[SHORT], slopes[LONG]];
  if (short !== undefined && long !== undefined) {
    const ofByte = (long.session - short.session) / (long.model - short.model);
    const ofNode = mean(Object.values(slopes).map(({ model, session }) => session - ofByte * model));
    console.log(`a byte of the model ${ofByte.toFixed(1)}, a node beside ${ofNode.toFixed(0)} bytes`);
  }
}
