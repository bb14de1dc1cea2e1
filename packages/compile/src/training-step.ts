import type { AdamWOptions } from './adamw.js';
import type { Backend } from './backend.js';
import type { Communicator } from './communicator.js';
import { FgamError } from './error.js';
import { createExecution, type Execution } from './execution.js';
import type { Precision } from './onnx-graph.js';
import { createReducedExecution } from './reduced-execution.js';
import type { RunStats } from './session-cache.js';
import { picked, PREFIX, prefixed, signatureOf, specsOf, withoutPrefix } from './specs.js';
import type { StoredWeights } from './store-weights.js';
import {
  checkHostTensors,
  copiesOf,
  copyTensor,
  type HostTensor,
  scalarOf,
  type Tensors,
  type Weights,
  zerosOf,
} from './tensors.js';
import {
  descentProgram,
  gradientProgram,
  LEARNING_RATE,
  type LossProgram,
  NORM,
  STEP,
  updateProgram,
} from './update-program.js';
import type { WorkerChoice } from './worker-runner.js';

/** Options of `createTrainingStep`. */
export interface TrainingStepOptions {
  readonly loss: LossProgram;
  /** Initial weights. Those that are trained are copied; a worker gets a copy of the others too. */
  readonly weights: Weights;
  /**
   * Frozen weights beside `weights` that stay in safetensors files: graphs map the files' pages and widen
   * those of half precision where each is used, one at a time, so that no copy of them lives from the forward
   * to the backward pass. For a large base under adapters. Not for eager backends. Default: none.
   */
  readonly stored?: StoredWeights;
  readonly optimizer?: AdamWOptions;
  /**
   * Equal parts that the rows of every input are taken in, one after another within the graph (gradient
   * accumulation): the memory of a part, the mean of the parts' losses and gradients. Default 1. It is the
   * same as a whole batch where the loss is a mean over rows; a contrast between rows sees fewer of them.
   */
  readonly microBatches?: number;
  /**
   * Processes that make each update together, each from inputs of its own (data-parallel training): the loss,
   * its parts and the gradients of an update are means over them. An update is two graphs then, with an
   * all-reduce between them. All processes begin with the same weights. Not with a worker. Default: this
   * process alone.
   */
  readonly communicator?: Communicator;
  /** Default `ort-cpu`. */
  readonly backend?: Backend;
  /** Threads within an operation. Default: `defaultThreads()`, one a core. */
  readonly threads?: number;
  /**
   * `mixed`: products of matrices and convolutions on numbers rounded to float16, all else in float32; for
   * GPU providers whose device computes in float16. Default `float32`.
   */
  readonly precision?: Precision;
  /**
   * What the loss is multiplied with on its way into the gradients, and those divided by again:
   * lifts small numbers into float16's range (Micikevicius et al. 2018, arXiv:1710.03740). Default
   * 1,024 with `mixed`, else 1.
   */
  readonly lossScale?: number;
  /** Batch shapes whose sessions are kept; the least recently used goes first. Default 8. */
  readonly maxCached?: number;
  /** Written into the graph and into errors. */
  readonly name?: string;
  /**
   * Run updates in a thread of their own, which keeps the state; inputs are moved to it unless this
   * says `copy`. Default false.
   */
  readonly worker?: WorkerChoice;
}

/** All that an optimizer step depends on and changes. */
export interface TrainingState {
  readonly weights: Weights;
  /** Moments of the trained weights. */
  readonly firstMoment: Weights;
  readonly secondMoment: Weights;
  /** Updates done. */
  readonly step: number;
}

/** What one update reports. */
export interface StepResult {
  /** The loss before the update. */
  readonly loss: number;
  /** The loss program's other scalars. */
  readonly parts: Readonly<Record<string, number>>;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Number of this update, from 1. */
  readonly step: number;
}

/**
 * Loss, gradients, clipping and AdamW as one graph, with the state that it updates. What is asked for is done
 * in that order: a state that is asked for during an update is the one after it.
 */
export interface TrainingStep {
  /**
   * One update. When it throws, the state is as before (save where onnxruntime itself fails, such as for
   * want of memory: load the last checkpoint then). With a worker, inputs are the worker's from the call on:
   * their arrays are empty then.
   */
  run(
    inputs: Readonly<Record<string, HostTensor>>,
    options: { readonly learningRate: number },
  ): Promise<StepResult>;
  /** A copy of the state, without stored weights. */
  state(): Promise<TrainingState>;
  /** The weights but for stored ones; valid until the next update, not to be written. A worker sends a copy. */
  weights(): Promise<Weights>;
  /**
   * Replaces the state by this one; names, shapes and element types must be the same. It is copied, but for
   * frozen weights, which are read where they are, as those that the step was made with.
   */
  load(state: TrainingState): Promise<void>;
  /** What updates have cost; a batch of a new shape is captured anew. */
  readonly stats: RunStats;
  /** Frees the sessions and the state, after all that was asked for, and ends the worker. */
  dispose(): Promise<void>;
}

/** The largest float16 is 65,504. */
const MIXED_LOSS_SCALE = 1024;

/** Batch shapes that a step keeps a session for, unless it is told otherwise. Each holds a run's working memory. */
const MAX_CACHED = 8;

/**
 * A compiled optimizer step: loss, its gradients, clipping by global norm and AdamW (see `adamW`) in one
 * static graph. Learning rate and step number are inputs of the graph, so that a schedule costs no capture.
 *
 * @throws FgamError `compile/bad-weights` when nothing is trainable or a weight is both in memory and stored,
 * `compile/bad-input` for a bad number of micro-batches or loss scale, or a communicator with a worker; `run`
 * throws `compile/bad-input` for a learning rate that is no finite float32, and `compile/not-finite` when the
 * loss or the gradient's norm is NaN or infinite, naming the step, and keeps the state before it; `load` throws
 * `compile/bad-weights` for a state of other tensors, or whose data do not fill them; all methods throw
 * `compile/disposed`, and `compile/no-worker` where the worker has ended
 * @example
 * ```ts
 * import { createTrainingStep } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const step = createTrainingStep({
 *   weights: { w: { shape: [1], dtype: 'float32', data: Float32Array.of(3) } },
 *   loss: ({ w }) => ({ total: tf.sum(tf.square(w!)) }),
 * });
 * const first = await step.run({}, { learningRate: 0.1 });
 * const second = await step.run({}, { learningRate: 0.1 });
 * if (first.loss !== 9 || !(second.loss < 9)) throw new Error('expected the loss to fall from 9');
 * await step.dispose();
 * ```
 */
export function createTrainingStep(options: TrainingStepOptions): TrainingStep {
  const { loss, optimizer = {}, backend = 'ort-cpu', threads, name = 'training step' } = options;
  const { maxCached = MAX_CACHED, microBatches = 1, worker = false, precision, stored } = options;
  const { communicator } = options;
  const { lossScale = precision === 'mixed' ? MIXED_LOSS_SCALE : 1 } = options;
  const { trainable = () => true } = optimizer;
  checkHostTensors(`${name}: weights`, options.weights);
  if (!Number.isSafeInteger(microBatches) || microBatches < 1) {
    throw new FgamError(
      'compile/bad-input',
      `${name}: expected microBatches to be a whole number from 1, got ${microBatches}`,
    );
  }
  if (!Number.isFinite(lossScale) || lossScale <= 0) {
    throw new FgamError('compile/bad-input', `${name}: expected a lossScale above 0, got ${lossScale}`);
  }
  if (communicator !== undefined && worker !== false) {
    throw new FgamError(
      'compile/bad-input',
      `${name}: expected no worker beside a communicator, whose sums come between two graphs of this thread; leave one of them out`,
    );
  }
  const twice = Object.keys(stored?.tensors ?? {}).filter((key) => options.weights[key] !== undefined);
  if (twice.length > 0) {
    throw new FgamError(
      'compile/bad-weights',
      `${name}: expected each weight in memory or in a file, got both for ${twice.join(', ')}`,
    );
  }
  const trained = Object.keys(options.weights).filter(trainable);
  if (trained.length === 0) {
    throw new FgamError('compile/bad-weights', `${name}: expected at least one trainable weight, got none`);
  }
  const initial = initialState(options.weights, trained);
  const stateNames = Object.keys(initial);
  const updated = new Set(stateNames);
  const frozen = prefixed(
    PREFIX.weight,
    picked(options.weights, (key) => !trainable(key)),
  );
  const stateSignature = signatureOf(specsOf({ ...initial, ...frozen }));
  const weightNames = Object.keys(options.weights).map((key) => PREFIX.weight + key);
  // A provider that is not the CPU copies what it reads and writes; eagerly, what an update makes is new.
  const isInPlace = backend === 'ort-cpu';
  const common = { ...{ name, backend, threads, maxCached, worker, precision }, keepsMemory: true };
  const ofFiles = {
    stored: stored && { ...stored, tensors: prefixed(PREFIX.weight, stored.tensors) },
    isTraining: true,
  };
  const ofState = { updates: stateNames, updatesInPlace: isInPlace };
  const execution: Execution =
    communicator === undefined
      ? createExecution(updateProgram(loss, trained, optimizer, { microBatches, lossScale, isInPlace }), {
          ...common,
          ...ofFiles,
          ...ofState,
        })
      : createReducedExecution({
          gradients: createExecution(gradientProgram(loss, trained, { microBatches, lossScale }), {
            ...common,
            ...ofFiles,
          }),
          descent: createExecution(
            descentProgram(trained, optimizer, { isInPlace, processes: communicator.size }),
            { ...common, ...ofState },
          ),
          ...{ communicator, isInPlace },
          shapes: Object.fromEntries(trained.map((key) => [key, options.weights[key]?.shape ?? []])),
        });
  let step = 0;
  let disposed = false;
  /** The end of what was asked for last: updates read what the one before wrote. */
  let last: Promise<unknown> = Promise.all([
    execution.hold(initial, 'move'),
    execution.hold(frozen, 'copy'),
    // Where it fails, the worker has ended, of which the first update tells.
  ]).catch(() => undefined);

  /**
   * Does one thing after the other. Whoever asked for one hears of its failure; the next starts
   * from the state before it.
   */
  function inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const acted = last.then(act);
    last = acted.catch(() => undefined);
    return acted;
  }

  function refuseDisposed(what: string): void {
    if (disposed) throw new FgamError('compile/disposed', `${name}: ${what} after dispose; make a new step`);
  }

  async function update(inputs: Tensors, learningRate: number): Promise<StepResult> {
    const next = step + 1;
    const results = await execution.run({
      ...inputs,
      [LEARNING_RATE]: scalarOf(learningRate),
      [STEP]: scalarOf(next),
    });
    const { total = Number.NaN, ...parts } = Object.fromEntries(
      Object.entries(withoutPrefix(PREFIX.part, results)).map(([key, { data }]) => [key, data[0] as number]),
    );
    const gradientNorm = results[NORM]?.data[0] as number;
    if (!Number.isFinite(total) || !Number.isFinite(gradientNorm)) {
      throw new FgamError(
        'compile/not-finite',
        `${name}: loss ${total}, gradient norm ${gradientNorm} at step ${next}; the weights are those before it. ` +
          'Lower the learning rate (or, in mixed precision, lossScale), or look for a division or logarithm of zero in the batch',
      );
    }
    await execution.commit();
    step = next;
    return { loss: total, parts, gradientNorm, step };
  }

  return {
    async run(inputs, { learningRate }) {
      refuseDisposed('run');
      if (!Number.isFinite(Math.fround(learningRate))) {
        throw new FgamError(
          'compile/bad-input',
          `${name}: expected a learning rate that is a finite float32, got ${learningRate}`,
        );
      }
      checkHostTensors(`${name}: inputs`, inputs);
      const owned = execution.own(prefixed(PREFIX.input, inputs));
      return inTurn(() => update(owned, learningRate));
    },
    async weights() {
      refuseDisposed('weights');
      return inTurn(async () => withoutPrefix(PREFIX.weight, await execution.held(weightNames)));
    },
    async state() {
      refuseDisposed('state');
      return inTurn(async () => {
        const copies = await execution.copies([...weightNames, ...stateNames]);
        return {
          weights: withoutPrefix(PREFIX.weight, copies),
          firstMoment: withoutPrefix(PREFIX.first, copies),
          secondMoment: withoutPrefix(PREFIX.second, copies),
          step,
        };
      });
    },
    async load(loaded) {
      refuseDisposed('load');
      const all: Record<string, HostTensor> = {
        ...prefixed(PREFIX.weight, loaded.weights),
        ...prefixed(PREFIX.first, loaded.firstMoment),
        ...prefixed(PREFIX.second, loaded.secondMoment),
      };
      if (signatureOf(specsOf(all)) !== stateSignature) {
        throw new FgamError(
          'compile/bad-weights',
          `${name}: expected a state of the same weights, frozen ones among them, and moments; ` +
            'it was saved by another architecture or optimizer',
        );
      }
      checkHostTensors(`${name}: state`, all, 'compile/bad-weights');
      const { step: done } = loaded;
      if (!Number.isSafeInteger(done) || done < 0) {
        throw new FgamError(
          'compile/bad-weights',
          `${name}: expected a state whose step is a whole number from 0, got ${done}`,
        );
      }
      const copies = copiesOf(picked(all, (key) => updated.has(key)));
      const others = picked(all, (key) => !updated.has(key));
      await inTurn(async () => {
        await execution.hold(others, 'copy');
        await execution.hold(copies, 'move');
        step = done;
      });
    },
    get stats() {
      return execution.stats;
    },
    async dispose() {
      disposed = true;
      await last;
      await execution.dispose();
    },
  };
}

function initialState(weights: Weights, trained: readonly string[]): Record<string, HostTensor> {
  const state: Record<string, HostTensor> = {};
  for (const key of trained) {
    const weight = weights[key] as HostTensor;
    if (weight.dtype !== 'float32') {
      throw new FgamError(
        'compile/bad-weights',
        `training step: expected float32 for ${key}, got ${weight.dtype}`,
      );
    }
    state[PREFIX.weight + key] = copyTensor(weight);
    state[PREFIX.first + key] = zerosOf(weight.shape);
    state[PREFIX.second + key] = zerosOf(weight.shape);
  }
  return state;
}
