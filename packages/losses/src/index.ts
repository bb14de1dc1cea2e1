export { FgamError, type LossesErrorCode } from './error.js';
export {
  type HallucinationContrastiveInputs,
  type HallucinationContrastiveParts,
  hallucinationContrastiveLoss,
} from './hallucination-contrastive-loss.js';
export { type HardNegativeInputs, hardNegativeLoss } from './hard-negative-loss.js';
export { type ImageTextInputs, imageTextLoss } from './image-text-loss.js';
export { l2Normalize } from './l2-normalize.js';
export { logSumExp } from './log-sum-exp.js';
export { INITIAL_LOG_SCALE, logitScaleOf, MAX_LOGIT_SCALE } from './logit-scale.js';
export { type RegionTextInputs, regionTextLoss } from './region-text-loss.js';
export { type RelationInputs, relationLoss } from './relation-loss.js';
export { type Stage1Parts, type Stage1Terms, type Stage1Weights, stage1Loss } from './stage1-loss.js';
export { type TokenInputs, tokenLoss } from './token-loss.js';
