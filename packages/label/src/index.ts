export { CAPTION_TASKS, type CaptionTask } from './captioner/caption-model.js';
export {
  createRegionCaptioner,
  type CaptionedSamples,
  type LocalCaptioner,
} from './captioner/create-region-captioner.js';
export type { RegionCaptionerOptions } from './captioner/region-captioner-options.js';
export { createClipScorer, type ClipScorer, type ClipScorerOptions } from './clip/create-clip-scorer.js';
export { boxWords, type BoxWords } from './describer/box-words.js';
export {
  checkDescription,
  cleanDescription,
  type CheckDescriptionOptions,
  type TextFault,
  type TextFaultReason,
} from './describer/check-description.js';
export {
  createLlmDescriber,
  type DescribedSamples,
  type LlmDescriber,
} from './describer/create-llm-describer.js';
export type { UndescribedReason } from './describer/describe-region.js';
export type {
  DescribeRegionsOptions,
  DescribeRequest,
  UndescribedRegion,
} from './describer/describe-samples.js';
export { DESCRIBER_PROMPT_VERSION, type RegionFacts } from './describer/describer-prompt.js';
export type { DescriberBudget, DescriberUsage, TokenPrices } from './describer/ledger.js';
export { endpointOf, type LlmDescriberOptions } from './describer/llm-describer-options.js';
export type { RetryClock, RetryOptions } from './describer/with-retries.js';
export {
  cocoAveragePrecision,
  type AveragePrecision,
  type ScoredImage,
  type TrueObject,
} from './detector/coco-average-precision.js';
export {
  createGroundingDino,
  type GroundingDino,
  type GroundingDinoOptions,
} from './detector/grounding-dino.js';
export { type GroundingSettings } from './detector/grounding-settings.js';
export { labelSample, type SampleLabels } from './detector/label-sample.js';
export { suppressOverlaps } from '@fgam/data';
export type { LabelErrorCode } from './error.js';
export {
  filterSamples,
  type Dropped,
  type FilteredTexts,
  type SampleFilter,
} from './filter/filter-samples.js';
export { WEIGHTS_TYPES, type ModelChoice, type WeightsType } from './transformers/locate-model.js';
