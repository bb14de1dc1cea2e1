import type { AdamWOptions } from './adamw.js';
import { createArena } from './arena.js';
import { FgamError } from './error.js';
import { graphFlops } from './graph-flops.js';
import { graphMemory } from './graph-memory.js';
import { bodiesOf, namesReadIn, type OnnxGraph, type OnnxNode } from './onnx-graph.js';
import { STORED_BYTES, type StoredType } from './safetensors-header.js';
import { captureSessionNodes, fuseForSession } from './session-graph.js';
import { sessionMemory } from './session-memory.js';
import { picked, PREFIX, prefixed } from './specs.js';
import { specOfStored, type StoredWeight } from './store-weights.js';
import { sizeOf, type TensorSpec } from './tensors.js';
import { LEARNING_RATE, type LossProgram, STEP, updateProgram } from './update-program.js';

/** Options of {@link planTraining}. */
export interface TrainingPlanOptions {
  readonly loss: LossProgram;
  /** Shapes of the weights in memory: those that are trained, and what is frozen beside them. */
  readonly weights: Readonly<Record<string, TensorSpec>>;
  /** Shapes and element types of frozen weights in files. Default: none. */
  readonly stored?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly dtype: StoredType }>
  >;
  /** Shapes of a batch. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly optimizer?: AdamWOptions;
  readonly microBatches?: number;
}

/** What an update takes, in bytes. */
export interface PlannedMemory {
  /** Frozen weights by element type. */
  readonly weights: Readonly<Record<string, number>>;
  /** Trained weights, float32. */
  readonly trained: number;
  /** Both moments of AdamW, float32. */
  readonly optimizer: number;
  readonly inputs: number;
  /**
   * Of the graph's values, and of what is held for a later one of the same shape, at the moment when they
   * take most: gradients of trained weights, ...
   */
  readonly gradients: number;
  /** ... frozen weights of half precision that are widened just then, ... */
  readonly widened: number;
  /** ... and all else that the gradient waits for or an operation works on. */
  readonly activations: number;
  /**
   * What onnxruntime's allocator takes beyond that: free places between values that are too
   * small for those that come.
   */
  readonly waste: number;
  /**
   * What onnxruntime holds for the graph itself, whatever the batch: its nodes and names, constants and what
   * it computes of constants alone. On a GPU's machine most of it is not the GPU's.
   */
  readonly runtime: number;
  /** All of it. */
  readonly peak: number;
}

/** What one update of a training step comes to. */
export interface TrainingPlan {
  readonly parameters: { readonly total: number; readonly trained: number };
  /** Additions and multiplications in products of matrices and convolutions, forward and backward. */
  readonly flops: number;
  readonly nodes: number;
  readonly memory: PlannedMemory;
}

/**
 * What an update of `createTrainingStep` would compute and hold, without weights: the update is captured over
 * shapes alone, and its values are followed in onnxruntime's order of nodes from the one that makes them to
 * the last that reads them. For updates in place (`ort-cpu`); the runtime's code, a GPU's context and
 * JavaScript's heap are not in it.
 *
 * @throws FgamError `compile/bad-weights` when nothing is trainable; as capturing does
 * @example
 * ```ts
 * import { planTraining } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { flops, memory } = planTraining({
 *   weights: { w: { shape: [64, 32], dtype: 'float32' } },
 *   inputs: { x: { shape: [8, 64], dtype: 'float32' } },
 *   loss: ({ w }, { x }) => ({ total: tf.mean(tf.square(tf.matMul(x!, w!))) }),
 * });
 * // x w forward, x^T dy backward
 * if (flops !== 2 * (2 * 8 * 64 * 32) || memory.optimizer !== 2 * 4 * 64 * 32) throw new Error('unexpected plan');
 * ```
 */
export function planTraining(options: TrainingPlanOptions): TrainingPlan {
  const { loss, weights, stored = {}, inputs, optimizer = {}, microBatches = 1 } = options;
  const { trainable = () => true } = optimizer;
  const trained = Object.keys(weights).filter(trainable);
  if (trained.length === 0)
    throw new FgamError(
      'compile/bad-weights',
      'planTraining: expected at least one trainable weight, got none',
    );
  const trainedSpecs = picked(weights, (name) => trained.includes(name));
  const files: Record<string, StoredWeight> = {};
  for (const [name, { shape, dtype }] of Object.entries(stored))
    files[PREFIX.weight + name] = { shape, dtype, begin: 0, end: 0, file: 'planned' };
  const scalar: TensorSpec = { shape: [], dtype: 'float32' };
  const specs = {
    ...prefixed(PREFIX.weight, weights),
    ...prefixed(PREFIX.first, trainedSpecs),
    ...prefixed(PREFIX.second, trainedSpecs),
    ...prefixed(PREFIX.input, inputs),
    ...Object.fromEntries(Object.entries(files).map(([name, tensor]) => [name, specOfStored(tensor)])),
    [LEARNING_RATE]: scalar,
    [STEP]: scalar,
  };
  const program = updateProgram(loss, trained, optimizer, { microBatches, isInPlace: true });
  const captured = captureSessionNodes(specs, program, {
    backend: 'ort-cpu',
    precision: 'float32',
    stored: files,
  });
  const { graph, outputs } = captured;
  const flops = graphFlops(graph);
  fuseForSession(captured, 'ort-cpu');
  const gradients = gradientNames(graph);
  const kindOf = ({ operator, inputs: [first = ''], outputs: [name = ''] }: OnnxNode): string => {
    if (gradients.has(name)) return 'gradients';
    return operator === 'Cast' && first.endsWith(' as stored') ? 'widened' : 'activations';
  };
  const arena = createArena();
  const results = Object.values(outputs);
  const session = sessionMemory(graph, results);
  const elsewhere = new Set([...results.map(({ name }) => name), ...session.folded]);
  const { peakBytes, byKind } = graphMemory(graph, elsewhere, kindOf, arena);
  const count = (all: Readonly<Record<string, { readonly shape: readonly number[] }>>): number =>
    Object.values(all).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const frozen = picked(weights, (name) => !trained.includes(name));
  const byType: Record<string, number> = {};
  for (const { shape, dtype } of [
    ...Object.values(frozen).map(({ shape }) => ({ shape, dtype: 'F32' as const })),
    ...Object.values(stored),
  ])
    byType[dtype] = (byType[dtype] ?? 0) + sizeOf(shape) * STORED_BYTES[dtype];
  const { gradients: ofGradients = 0, widened = 0, activations = 0 } = byKind;
  const memory = {
    weights: byType,
    trained: 4 * count(trainedSpecs),
    optimizer: 8 * count(trainedSpecs),
    inputs: 4 * count(inputs),
    gradients: ofGradients,
    widened,
    activations,
    waste: Math.max(0, arena.touched() - peakBytes),
    runtime: session.bytes,
  };
  const held = memory.trained + memory.optimizer + memory.inputs + memory.runtime;
  const frozenBytes = Object.values(byType).reduce((sum, bytes) => sum + bytes, 0);
  return {
    parameters: { total: count(weights) + count(stored), trained: count(trainedSpecs) },
    flops,
    nodes: graph.nodes.length,
    memory: { ...memory, peak: held + frozenBytes + peakBytes + memory.waste },
  };
}

/** The values that the update reads, and what they are scaled down from where the gradient is clipped. */
function gradientNames(graph: OnnxGraph): Set<string> {
  const update = graph.nodes.find(({ operator }) => operator === 'If');
  const names = new Set(update === undefined ? [] : bodiesOf(update).flatMap(namesReadIn));
  for (const { operator, inputs, outputs } of graph.nodes.toReversed())
    if (operator === 'Mul' && outputs.some((name) => names.has(name)))
      for (const name of inputs.slice(0, 1)) names.add(name);
  return names;
}
