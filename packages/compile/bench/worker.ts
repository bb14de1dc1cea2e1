/**
 * What a call costs in a worker, against the same call in this thread, in turns:
 * `npm run bench:worker -w @fgam/compile`.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { median } from 'simple-statistics';
import { createFunction, createTrainingStep, type HostTensor, type WorkerChoice } from '../src/index.js';

tf.env().set('PROD', true);

const ROUNDS = Number(process.env['ROUNDS'] ?? 200);
const WORKERS = {
  'this thread': false,
  'worker, inputs moved': true,
  'worker, inputs copied': { transfer: 'copy' },
} as const satisfies Record<string, WorkerChoice>;
type Where = keyof typeof WORKERS;

const ones = (...shape: number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(1),
});

/** What is measured: made for a place, it takes inputs of its own for each run. */
interface Subject {
  readonly inputs: () => Record<string, HostTensor>;
  readonly run: (inputs: Record<string, HostTensor>) => Promise<unknown>;
  readonly dispose: () => Promise<void>;
}

/** y = x + 1: nothing but the call. */
const increment =
  (...shape: number[]) =>
  (worker: WorkerChoice): Subject => {
    const f = createFunction((_weights, { x }) => ({ y: tf.add(x as tf.Tensor, 1) }), { worker });
    return {
      inputs: () => ({ x: ones(...shape) }),
      run: (inputs) => f.run(inputs),
      dispose: () => f.dispose(),
    };
  };

const cases: Record<string, (worker: WorkerChoice) => Subject> = {
  'x + 1, one number': increment(1),
  'x + 1, 4 MB': increment(1024, 1024),
  'product, 512 x 512 x 512': (worker) => {
    const f = createFunction((_weights, { a, b }) => ({ c: tf.matMul(a as tf.Tensor, b as tf.Tensor) }), {
      worker,
    });
    return {
      inputs: () => ({ a: ones(512, 512), b: ones(512, 512) }),
      run: (inputs) => f.run(inputs),
      dispose: () => f.dispose(),
    };
  },
  'training step, 40 weights of 64 x 64': (worker) => {
    const step = createTrainingStep({
      weights: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`w${i}`, ones(64, 64)])),
      loss: (weights, { x }) => ({
        total: tf.addN(Object.values(weights).map((w) => tf.mean(tf.square(tf.sub(w, x as tf.Tensor))))),
      }),
      worker,
    });
    return {
      inputs: () => ({ x: ones(64) }),
      run: (inputs) => step.run(inputs, { learningRate: 1e-3 }),
      dispose: () => step.dispose(),
    };
  },
};

async function millisecondsOf(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

const figures: { name: string; where: Where; first: number; milliseconds: number; overhead: number }[] = [];
for (const [name, create] of Object.entries(cases)) {
  const subjects = new Map<Where, { subject: Subject; first: number; times: number[] }>();
  for (const where of Object.keys(WORKERS) as Where[]) {
    const started = performance.now();
    const subject = create(WORKERS[where]);
    await subject.run(subject.inputs());
    // Capture and session; with a worker, its start too.
    const first = performance.now() - started;
    for (let i = 0; i < 5; i++) await subject.run(subject.inputs());
    subjects.set(where, { subject, first, times: [] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    // Whoever follows whom changes from round to round.
    const turns = [...subjects.values()];
    for (const { subject, times } of [...turns.slice(round % 3), ...turns.slice(0, round % 3)]) {
      const inputs = subject.inputs();
      times.push(await millisecondsOf(() => subject.run(inputs)));
    }
  }
  const here = median(subjects.get('this thread')?.times ?? []);
  for (const [where, { subject, first, times }] of subjects) {
    await subject.dispose();
    const taken = median(times);
    const [milliseconds, overhead] = [taken, taken - here].map((value) => Number(value.toFixed(3)));
    figures.push({
      name,
      where,
      first: Math.round(first),
      milliseconds: milliseconds as number,
      overhead: overhead as number,
    });
  }
}
if (process.argv.includes('--json')) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds: ROUNDS };
  console.log(JSON.stringify({ ...machine, figures }, null, 2));
} else {
  console.table(figures);
}
