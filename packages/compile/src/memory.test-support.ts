import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { recomputed } from './recomputed.js';
import type { HostTensor, TensorMap, Weights } from './tensors.js';
import { createTrainingStep } from './training-step.js';

/** Rows of a batch, width of the rows, width within a block, blocks. */
const SIZES = { rows: 1024, width: 64, inner: 1024, blocks: 12 };

/** What three updates of a stack of blocks came to. */
export interface UpdatesReport {
  readonly losses: readonly number[];
  /**
   * Memory of the process that is no file's, after the updates less before: a training step's session
   * keeps the most that it used.
   */
  readonly heldBytes: number;
}

function block(x: tf.Tensor, { w, v }: TensorMap): tf.Tensor {
  const hidden: tf.Tensor2D = tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
  const gated: tf.Tensor2D = tf.mul(hidden, tf.sigmoid(hidden));
  return tf.add(x, tf.matMul(gated, v as tf.Tensor2D));
}

function matrix(rows: number, columns: number, seed: number): HostTensor {
  const data = Float32Array.from(
    { length: rows * columns },
    (_, i) => Math.sin(seed + i) / Math.sqrt(columns),
  );
  return { shape: [rows, columns], dtype: 'float32', data };
}

/** Memory of this process that is no file's. Linux. */
export async function anonymousBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]);
}

async function trainBlocks(mode: string | undefined): Promise<UpdatesReport> {
  const { rows, width, inner, blocks } = SIZES;
  const weights: Record<string, Weights[string]> = {};
  for (let i = 0; i < blocks; i++) {
    weights[`w${i}`] = matrix(width, inner, i);
    weights[`v${i}`] = matrix(inner, width, 100 + i);
  }
  const step = createTrainingStep({
    weights,
    microBatches: mode === 'micro-batches' ? 4 : 1,
    loss: (model, { x }) => {
      let y = x as tf.Tensor;
      for (let i = 0; i < blocks; i++) {
        const own = { w: model[`w${i}`] as tf.Tensor, v: model[`v${i}`] as tf.Tensor };
        y = mode === 'recomputed' ? recomputed(block, y, own) : block(y, own);
      }
      return { total: tf.mean(tf.square(y)) };
    },
  });
  const before = await anonymousBytes();
  const losses: number[] = [];
  for (let i = 0; i < 3; i++)
    losses.push((await step.run({ x: matrix(rows, width, i) }, { learningRate: 1e-3 })).loss);
  const heldBytes = (await anonymousBytes()) - before;
  await step.dispose();
  return { losses, heldBytes };
}

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Three updates in a process of their own, whose memory is theirs. */
export async function trainedBlocks(mode: 'plain' | 'recomputed' | 'micro-batches'): Promise<UpdatesReport> {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), mode];
  const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') };
  const { stdout } = await run(process.execPath, args, { cwd: root, env });
  return JSON.parse(stdout) as UpdatesReport;
}

const [, script, chosen] = process.argv;
if (script === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await trainBlocks(chosen)));
