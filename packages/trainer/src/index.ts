export { answerLoss } from './answer-loss.js';
export { captionBatch, type CaptionRow } from './caption-batch.js';
export { type Checkpoint, fileSha256, lastCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
export { compositeLoss } from './composite-loss.js';
export type { CompositeLossOptions } from './loss-parts.js';
export { type BatchOrder, createBatchOrder, type Cursor } from './cursor.js';
export type { TrainerErrorCode } from './error.js';
export type { HaclOptions } from './hacl-captions.js';
export { haclLoss, type HaclLossOptions } from './hacl-loss.js';
export type { LossWeights } from './loss-weights.js';
export { type Launched, launchedBy, type MpiCommunicator, openMpi, type OpenMpiOptions } from './mpi.js';
export { type MetricsLine, readMetrics } from './metrics.js';
export { createModelStep, type ModelStepOptions } from './model-step.js';
export type { TrainingExample, TrainingSource } from './training-source.js';
export { createPretrainedStep, type PretrainedStepOptions } from './pretrained-step.js';
export { differingPaths } from './differing-paths.js';
export { learningRateAt, type Schedule } from './schedule.js';
export {
  collectRollouts,
  type CollectRolloutsOptions,
  type RolloutPrompts,
  type RolloutRequest,
  scoreByClaims,
  type Credit,
  CREDITS,
} from './rl/collect-rollouts.js';
export { PPO_ONLY } from './rl/check-rl-options.js';
export { createDpoStep, type DpoStep, type DpoStepOptions, type PreferencePair } from './rl/dpo-step.js';
export {
  type AlarmLimits,
  hackingAlarms,
  LEAST_WATCHED,
  type ResponseReading,
  type RolloutFigures,
} from './rl/hacking-alarms.js';
export { type AdaptiveKl, nextKlCoefficient } from './rl/kl-controller.js';
export type { EncodedPrompt, Policy, PolicyBatch, PolicyRow } from './rl/policy.js';
export { type AdaptedModel, createPretrainedPolicy } from './rl/pretrained-policy.js';
export { createRlStep } from './rl/rl-step.js';
export type { RlModel, RlStepOptions, RollOutInput } from './rl/rl-step-options.js';
export type { Rollout, RolloutRound } from './rl/rollout.js';
export { tokenRewards, type TokenRewardsInput } from './rl/token-rewards.js';
export { withoutValueHead } from './rl/value-head.js';
export { type Batch, type RunView, type Step, TOKEN_COUNT } from './step.js';
export type { Distillation } from './teacher.js';
export { type OptimizerSettings, train, type TrainOptions, type TrainResult } from './train.js';
