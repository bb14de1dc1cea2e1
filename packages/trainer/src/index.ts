export { answerLoss } from './answer-loss.js';
export { type Checkpoint, fileSha256, lastCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
export { compositeLoss, type CompositeLossOptions, type LossWeights } from './composite-loss.js';
export { type BatchOrder, createBatchOrder, type Cursor } from './cursor.js';
export type { TrainerErrorCode } from './error.js';
export { type MetricsLine, readMetrics } from './metrics.js';
export {
  createModelStep,
  type ModelStepOptions,
  type TrainingExample,
  type TrainingSource,
} from './model-step.js';
export { createPretrainedStep, type PretrainedStepOptions } from './pretrained-step.js';
export { learningRateAt, type Schedule } from './schedule.js';
export type { Batch, Step } from './step.js';
export { type OptimizerSettings, train, type TrainOptions, type TrainResult } from './train.js';
