import {
  type Backend,
  type Communicator,
  type Precision,
  createTrainingStep,
  type TrainingStep,
  type Weights,
} from '@fgam/compile';
import { checkpointFolder, lastCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import type { Cursor } from './cursor.js';
import { trainerError } from './error.js';
import { createMetricsWindow, type MetricsLine, type UpdateFigures } from './metrics.js';
import { createMembers, otherFailed } from './members.js';
import { openReport } from './report.js';
import { learningRateAt, type Schedule } from './schedule.js';
import { refuseOtherCourse, refuseParted, refuseParts, takeFolder } from './shared-run.js';
import { type Batch, type Step, TOKEN_COUNT } from './step.js';

/** AdamW's settings that a recipe states; decay spares what `Step.decays` says. */
export interface OptimizerSettings {
  /** Of the mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Of the mean of their squares. Default 0.999. */
  readonly beta2?: number;
  /** Decoupled from the gradient, times the learning rate. Default 0. */
  readonly weightDecay?: number;
  /** Longest gradient over all weights; a longer one is scaled down to it. Default 1. */
  readonly clipNorm?: number;
}

/** Options of {@link train}. */
export interface TrainOptions {
  readonly step: Step;
  /** Folder for checkpoints, `metrics.jsonl` and, for TensorBoard, `events/`. */
  readonly out: string;
  /** Updates of the whole schedule. */
  readonly steps: number;
  /** Updates that are done, where the schedule is not run to its end. Default: all. */
  readonly stopAt?: number;
  readonly schedule: Schedule;
  readonly optimizer?: OptimizerSettings;
  /**
   * Equal parts that a batch is taken in, in the memory of one (`createTrainingStep`). Default 1. The loss of
   * tokens is the mean over those of the whole batch (`Step.tokenMask`), other parts of it are means of the
   * parts': what is contrasted is contrasted within a part.
   */
  readonly microBatches?: number;
  /** `mixed` on GPU providers whose device computes in float16 (`createTrainingStep`). Default `float32`. */
  readonly precision?: Precision;
  /** Updates between checkpoints; the last update is always saved. Default: only the last. */
  readonly saveEvery?: number;
  /** Go on from the last checkpoint in `out`, if there is one. Default false: a folder with one is refused. */
  readonly resume?: boolean;
  readonly backend?: Backend;
  readonly threads?: number;
  /**
   * Run updates in a worker thread, so that this one stays responsive; a batch's arrays are
   * moved to it. Default false.
   */
  readonly worker?: boolean;
  /**
   * Processes that train together (data-parallel), such as `openMpi` gives: each computes an equal share of the
   * rows of every batch, and all update by the mean of their gradients. A run of n is, but for rounding, one
   * process's with n times the `microBatches`; what is contrasted is contrasted within a share's part. All have
   * the same options and see the same `out`, which the first alone writes; it alone calls back. Not with a
   * worker, and not for steps that sample from the model (reinforcement). Default: this process alone.
   */
  readonly communicator?: Communicator;
  /** Updates between lines of metrics, each the mean since the line before. Default 10. */
  readonly logEvery?: number;
  /** Called before the first update with those that were done before: 0, or the checkpoint's. */
  readonly onStart?: (done: number) => void;
  /** Called with each line of `metrics.jsonl`, and waited for: what it throws ends the run. */
  readonly onProgress?: (line: MetricsLine) => void | Promise<void>;
  /** Called with the weights at each checkpoint, for evaluation between updates. */
  readonly onCheckpoint?: (step: number, weights: Weights) => Promise<void>;
  /** Stops after the update under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** What a run came to. */
export interface TrainResult {
  readonly weights: Weights;
  readonly step: number;
  /** Folder of the last checkpoint; `''` where none was made. */
  readonly checkpoint: string;
  /** True where the signal ended it early. */
  readonly aborted: boolean;
}

/**
 * THE training loop: draw a batch, update, log, save. It knows no loss and no data; both are the step's.
 *
 * A run that is resumed goes on bit for bit: weights, moments, data order, learning rate and, but for times, lines of
 * metrics are those of a run that was never stopped.
 *
 * @throws FgamError `compile/not-finite`, naming the step, when the loss or its gradient is not finite (the
 * last checkpoint stays); `compile/bad-input` for mixed precision where there is none; `compile/no-worker`
 * for a worker with an eager backend; `trainer/other-run`, `trainer/bad-checkpoint`,
 * `trainer/not-writable`, `trainer/folder-in-use`; `trainer/bad-config` for a bad schedule, and for a batch that
 * can't be taken in parts. With a communicator: `trainer/other-run` where processes have other options,
 * `trainer/bad-config` where they see other folders, for a step that samples and for rows that do not go into equal
 * shares, `compile/bad-input` for a worker, `trainer/other-process` and `compile/other-process` where another one
 * has failed or has other weights
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readMetrics, type Step, train } from '@fgam/trainer';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // createModelStep and the like make steps of models; here one number that is to become 1.
 * const step: Step = {
 *   name: 'one number',
 *   weights: { w: { shape: [1], dtype: 'float32', data: Float32Array.of(3) } },
 *   loss: ({ w }, { x }) => ({ total: tf.sum(tf.square(tf.sub(w!, x!))) }),
 *   decays: () => false,
 *   trainable: () => true,
 *   identity: { start: 3, data: 'ones' },
 *   batch: async (_, cursors) => ({
 *     inputs: { x: { shape: [1], dtype: 'float32', data: Float32Array.of(1) } },
 *     tokens: 1,
 *     next: cursors,
 *   }),
 * };
 * const out = await mkdtemp(join(tmpdir(), 'run-'));
 * const options = { step, out, steps: 20, schedule: { learningRate: 0.3 }, logEvery: 1 };
 * const half = await train({ ...options, stopAt: 10 });
 * const whole = await train({ ...options, resume: true });
 * if (half.step !== 10 || whole.checkpoint !== join(out, 'step-20')) throw new Error(whole.checkpoint);
 * const losses = (await readMetrics(join(out, 'metrics.jsonl'))).map(({ loss }) => loss);
 * // (3 - 1)^2 at first.
 * if (losses.length !== 20 || losses[0] !== 4 || !(losses[19]! < 1)) throw new Error(losses.join());
 * ```
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { step, out, steps, schedule, optimizer = {}, saveEvery = steps, logEvery = 10, signal } = options;
  const { microBatches = 1, precision = 'float32', communicator } = options;
  const members = createMembers(communicator);
  const parts = microBatches * members.size;
  refuseParts(step, parts, members.size);
  // A bad schedule is refused before the first batch, which may be hours of sampling.
  learningRateAt(schedule, 1, steps);
  const last = Math.min(steps, options.stopAt ?? steps);
  const { clipNorm = 1, ...settings } = optimizer;
  const identity = {
    step: step.identity,
    steps,
    schedule,
    optimizer,
    ...(parts === 1 ? {} : { microBatches: parts }),
    ...(precision === 'float32' ? {} : { precision }),
  };
  const unlock = await takeFolder(out, members);
  let updates: TrainingStep | undefined;
  try {
    updates = createTrainingStep({
      name: step.name,
      loss: step.loss,
      weights: step.weights,
      ...(step.stored === undefined ? {} : { stored: step.stored }),
      ...(step.maxCached === undefined ? {} : { maxCached: step.maxCached }),
      optimizer: { ...settings, clipNorm, decays: step.decays, trainable: step.trainable },
      microBatches,
      precision,
      ...(options.backend === undefined ? {} : { backend: options.backend }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.worker === undefined ? {} : { worker: options.worker }),
      ...(communicator === undefined ? {} : { communicator }),
    });
    const running = updates;
    const begun = await members.together(() => start(running, options, identity));
    await refuseOtherCourse(members, begun.done, { identity, saveEvery, logEvery, last });
    let { done, cursors, checkpoint } = begun;
    let saved = done;
    let window = createMetricsWindow(begun.untold);
    const save = async (): Promise<void> => {
      checkpoint = checkpointFolder(out, done);
      await refuseParted(members, done, async () => picked(await running.weights(), step.trainable));
      await members.together(async () => {
        if (!members.isFirst) return;
        const memory = step.memory?.();
        const untold = window.updates();
        await saveCheckpoint(out, { state: await running.state(), cursors, identity, memory, untold });
        await options.onCheckpoint?.(done, await running.weights());
      });
      saved = done;
    };
    const report = await members.together(async () =>
      members.isFirst ? openReport(options, done) : undefined,
    );
    step.begin?.({ weights: running.weights.bind(running) });
    const isAborted = (): boolean => signal?.aborted ?? false;
    while (done < last) {
      const drawn = isAborted()
        ? { verdict: 'stopped' as const }
        : await drawBatch(step, done + 1, cursors, signal);
      const verdict = await members.worst(drawn.verdict);
      if (verdict === 'stopped') break;
      if (verdict === 'failed' || drawn.verdict !== 'ready') {
        // What was done before is kept.
        if (done > saved) await save();
        throw drawn.verdict === 'failed' ? drawn.error : otherFailed(members);
      }
      const { batch } = drawn;
      const { fault } = batch;
      if (fault !== undefined && done > saved) await save();
      const learningRate = learningRateAt(schedule, done + 1, steps);
      const inputs = members.share(inputsInParts(batch.inputs, step.tokenMask, parts));
      const result = await running.run(inputs, { learningRate });
      done = result.step;
      cursors = step.after?.(result, batch.next) ?? batch.next;
      window.add({ ...result, parts: { ...result.parts, ...batch.figures } }, batch.tokens);
      if (fault !== undefined || done % logEvery === 0 || done === last) {
        const { captures, captureMilliseconds } = running.stats;
        const captureSeconds = Number((captureMilliseconds / 1000).toFixed(2));
        const line = { step: done, learningRate, ...window.means(), captures, captureSeconds };
        await members.together(async () => report?.(line));
        window = createMetricsWindow();
      }
      if (fault !== undefined) throw fault;
      if (done % saveEvery === 0 || done === last) await save();
    }
    if (done > saved) await save();
    return {
      weights: (await running.state()).weights,
      step: done,
      checkpoint: checkpoint ?? '',
      aborted: done < last,
    };
  } finally {
    await step.dispose?.();
    await updates?.dispose();
    await unlock();
  }
}

type Drawn =
  | { readonly verdict: 'ready'; readonly batch: Batch }
  | { readonly verdict: 'failed'; readonly error: unknown }
  | { readonly verdict: 'stopped' };

/** The batch of an update, or why there is none: a step that samples stops in the midst of it. */
async function drawBatch(
  step: Step,
  update: number,
  cursors: Readonly<Record<string, Cursor>>,
  signal: AbortSignal | undefined,
): Promise<Drawn> {
  try {
    return { verdict: 'ready', batch: await step.batch(update, cursors) };
  } catch (error) {
    return signal?.aborted === true ? { verdict: 'stopped' } : { verdict: 'failed', error };
  }
}

function picked(weights: Weights, isPicked: (name: string) => boolean): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => isPicked(name)));
}

/** The inputs of a loss that takes them in parts, with what divides its sums over tokens in each of them. */
function inputsInParts(
  inputs: Batch['inputs'],
  tokenMask: string | undefined,
  parts: number,
): Batch['inputs'] {
  const mask = tokenMask === undefined ? undefined : inputs[tokenMask];
  if (parts === 1 || mask === undefined) return inputs;
  const sum = Array.from(mask.data, Number).reduce((total, entry) => total + entry, 0);
  return {
    ...inputs,
    [TOKEN_COUNT]: { shape: [], dtype: 'float32', data: Float32Array.of(Math.max(sum, 1) / parts) },
  };
}

interface Begun {
  readonly done: number;
  readonly cursors: Readonly<Record<string, Cursor>>;
  readonly checkpoint: string | undefined;
  /** What was reported since the last line of metrics. */
  readonly untold: readonly UpdateFigures[];
}

/** Where the run begins: at the last checkpoint, or at nothing. */
async function start(
  updates: TrainingStep,
  { step, out, resume = false }: TrainOptions,
  identity: unknown,
): Promise<Begun> {
  const last = await lastCheckpoint(out);
  if (last === undefined) return { done: 0, cursors: {}, checkpoint: undefined, untold: [] };
  if (!resume) {
    throw trainerError(
      'trainer/other-run',
      `train: ${out} holds a checkpoint; resume it, or give another folder`,
    );
  }
  const { state, cursors, memory, untold = [] } = await loadCheckpoint(last, identity);
  await updates.load(state);
  if (memory !== undefined) step.remember?.(memory);
  return { done: state.step, cursors, checkpoint: last, untold };
}
