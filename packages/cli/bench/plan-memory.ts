/**
 * What planTraining says against the memory that training takes: each model in a process of its own, peak of
 * resident memory over three updates less that before the weights are opened. By then the process has planned
 * the same update and run another graph, so that what capturing takes of JavaScript's memory and
 * onnxruntime's code are not counted.
 *
 *     npm run bench:plan -w fgam [-- NAME ...]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import {
  createFunction,
  createTrainingStep,
  type HostTensor,
  readStoredTensors,
  type Weights,
  writeSafetensors,
} from '@fgam/compile';
import {
  adapterWeights,
  answerBatch,
  createAdapter,
  type FamilyModel,
  isAdapterWeight,
  openFamily,
  type Recompute,
} from '@fgam/models';
import { answerLoss } from '@fgam/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { planModel } from '../src/plan/plan-model.js';

interface Case {
  readonly width: number;
  readonly inner: number;
  readonly layers: number;
  readonly vocabulary: number;
  readonly batch: number;
  readonly tokens: number;
  readonly rank?: number;
  readonly recompute?: Recompute;
}

const small = { width: 384, inner: 1024, layers: 6, vocabulary: 4000, batch: 4, tokens: 192 };
const middle = { width: 640, inner: 1728, layers: 8, vocabulary: 8000, batch: 4, tokens: 256 };
const large = { width: 1024, inner: 2752, layers: 10, vocabulary: 16_000, batch: 4, tokens: 320 };
const CASES: Readonly<Record<string, Case>> = {
  'small, rank 16': { ...small, rank: 16 },
  'middle, rank 16': { ...middle, rank: 16 },
  'large, rank 16': { ...large, rank: 16 },
  'small, rank 16, recomputed': { ...small, rank: 16, recompute: true },
  'middle, rank 16, recomputed': { ...middle, rank: 16, recompute: true },
  'large, rank 16, recomputed': { ...large, rank: 16, recompute: true },
  'small, all weights': small,
  'middle, all weights': middle,
};
/** V8's young generation is kept small: it grows and shrinks by 32 MB at times of its own choosing. */
const YOUNG = '--max-semi-space-size=1';
const IMAGE_TOKEN = 3;
const VISUAL_TOKENS = 64;

function configOf({ width, inner, layers, vocabulary }: Case): Record<string, unknown> {
  return {
    model_type: 'llava',
    torch_dtype: 'float16',
    image_token_index: IMAGE_TOKEN,
    vision_config: {
      ...{ hidden_size: 256, intermediate_size: 1024, num_hidden_layers: 4, num_attention_heads: 4 },
      ...{ image_size: 112, patch_size: 14 },
    },
    text_config: {
      vocab_size: vocabulary,
      hidden_size: width,
      intermediate_size: inner,
      num_hidden_layers: layers,
      num_attention_heads: width / 64,
    },
  };
}

function randomWeights({ weightSpecs }: FamilyModel): Weights {
  let state = 1;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5;
  return Object.fromEntries(
    weightSpecs.map(({ name, shape }): [string, HostTensor] => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const scale = shape.length > 1 ? 2 / Math.sqrt(shape.at(-1) ?? 1) : 1;
      for (let i = 0; i < data.length; i++) data[i] = scale * next() + (name.includes('norm') ? 1 : 0);
      return [name, { shape, dtype: 'float32', data }];
    }),
  );
}

function batchOf({ batch, tokens, vocabulary }: Case): Record<string, HostTensor> {
  const promptIds = [1, ...Array<number>(VISUAL_TOKENS).fill(IMAGE_TOKEN), 5, 6];
  const answerIds = Array.from(
    { length: tokens - promptIds.length },
    (_, i) => 10 + ((7 * i) % (vocabulary - 10)),
  );
  const rows = Array.from({ length: batch }, () => ({ promptIds, answerIds }));
  const pixels = Float32Array.from({ length: batch * 112 * 112 * 3 }, (_, i) => Math.sin(i));
  const shape = [batch, 112, 112, 3];
  return {
    ...answerBatch(rows, { imageTokenId: IMAGE_TOKEN }),
    pixels: { shape, dtype: 'float32', data: pixels },
  };
}

async function memory(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

/** The child's part: plans, opens the weights, trains. */
async function measure(one: Case, folder: string): Promise<object> {
  const config = configOf(one);
  const { batch, tokens, rank, recompute = false } = one;
  const plan = planModel({ config, batch, tokens, recompute, ...(rank === undefined ? {} : { rank }) });
  const family = openFamily(config);
  const inputs = batchOf(one);
  // So that onnxruntime's library is loaded.
  const loaded = createFunction(() => ({ one: tf.scalar(1) }));
  await loaded.run({});
  await loaded.dispose();
  // A step copies what it trains: the first copy is the caller's.
  const initial = rank === undefined ? randomWeights(family) : {};
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const before = await memory('VmRSS');
  // The peak is counted from here on.
  await writeFile('/proc/self/clear_refs', '5');
  const file = 'model.safetensors';
  const optimizer = { clipNorm: 1, weightDecay: 0.1 };
  const step =
    rank === undefined
      ? createTrainingStep({ weights: initial, loss: answerLoss(family, { recompute }), optimizer })
      : createTrainingStep({
          weights: adapterWeights(family, createAdapter(family, { rank })),
          stored: {
            folder,
            tensors: Object.fromEntries(
              Object.entries(await readStoredTensors(join(folder, file))).map(([name, tensor]) => [
                name,
                { ...tensor, file },
              ]),
            ),
          },
          loss: answerLoss(family, { recompute, isTrained: isAdapterWeight }),
          optimizer: { ...optimizer, trainable: isAdapterWeight },
        });
  const seconds: number[] = [];
  let loss = 0;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    ({ loss } = await step.run(inputs, { learningRate: 1e-4 }));
    seconds.push((performance.now() - start) / 1000);
  }
  const measured = (await memory('VmHWM')) - before;
  await step.dispose();
  return { parameters: plan.parameters, flops: plan.flops, plan: plan.memory, measured, loss, seconds };
}

const [, , mode, ...rest] = process.argv;
if (mode === '--child') {
  const [name = '', folder = ''] = rest;
  console.log(JSON.stringify(await measure(CASES[name] as Case, folder)));
} else {
  const names = mode === undefined ? Object.keys(CASES) : [mode, ...rest];
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  for (const name of names) {
    const one = CASES[name];
    if (one === undefined) throw new Error(`expected one of ${Object.keys(CASES).join('; ')}, got ${name}`);
    const folder = await mkdtemp(join(tmpdir(), 'plan-'));
    try {
      if (one.rank !== undefined)
        await writeSafetensors(join(folder, 'model.safetensors'), randomWeights(openFamily(configOf(one))), {
          dtype: 'F16',
        });
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', YOUNG, fileURLToPath(import.meta.url), '--child', name, folder],
        { cwd: root, env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') } },
      );
      const found = JSON.parse(stdout) as { plan: { peak: number }; measured: number };
      console.log(name, JSON.stringify({ ratio: found.plan.peak / found.measured, ...found }));
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}
