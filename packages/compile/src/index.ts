export { adamW, type AdamWOptions, type AdamWSlot } from './adamw.js';
export { type Backend, type BackendInfo, BACKENDS, type EagerBackend, isEager } from './backend.js';
export { cachedAttention, type CachedAttention, type CachedAttentionInputs } from './cached-attention.js';
export type { Communicator } from './communicator.js';
export { findBackends, type FoundBackends } from './backends.js';
export { CAPTURED_KERNELS, type CapturedGraph, captureGraph } from './capture.js';
export {
  type CompiledFunction,
  createFunction,
  type FunctionOptions,
  type RunOptions,
} from './compiled-function.js';
export { type CompileErrorCode, FgamError } from './error.js';
export {
  type DynamicSpec,
  exportDynamicGraph,
  type ExportDynamicGraphOptions,
} from './export-dynamic-graph.js';
export { exportGraph, type ExportGraphOptions } from './export-graph.js';
export { type OpenGraph, openGraph, type OpenGraphOptions } from './open-graph.js';
export type { OnnxValue, Precision } from './onnx-graph.js';
export {
  planTraining,
  type PlannedMemory,
  type TrainingPlan,
  type TrainingPlanOptions,
} from './plan-training.js';
export {
  dequantized,
  quantizedMemory,
  type QuantizedMatrix,
  type QuantizedMemory,
  quantizeMatrix,
} from './quantized-matrix.js';
export type { QuantizedWeights } from './quantize-products.js';
export { recomputed } from './recomputed.js';
export {
  readSafetensors,
  type ReadSafetensorsOptions,
  readStoredTensors,
  type SafetensorsFile,
  writeSafetensors,
} from './safetensors.js';
export type { RunStats } from './session-cache.js';
export type { StoredTensor, StoredType } from './safetensors-header.js';
export type { StoredWeight, StoredWeights } from './store-weights.js';
export { defaultThreads } from './threads.js';
export type { HostTensor, Program, TensorMap, TensorSpec, TensorType, Weights } from './tensors.js';
export {
  createTrainingStep,
  type StepResult,
  type TrainingState,
  type TrainingStep,
  type TrainingStepOptions,
} from './training-step.js';
export type { LossProgram } from './update-program.js';
export type { WorkerChoice } from './worker-runner.js';
