export { detectionLoss, type DetectionLossInputs, type DetectionLossParts } from './detection-loss.js';
export { type DistillationInputs, distillationLoss, type DistillationOptions } from './distillation-loss.js';
export { dpoLoss, type DpoInputs, type DpoOptions, type DpoParts } from './dpo-loss.js';
export { FgamError, type LossesErrorCode } from './error.js';
export { type AdvantageInputs, type Advantages, generalizedAdvantages } from './generalized-advantages.js';
export { groupAdvantages } from './group-advantages.js';
export { type GrpoInputs, grpoLoss, type GrpoOptions, type GrpoParts } from './grpo-loss.js';
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
export { policyLoss, type PolicyInputs, type PolicyOptions, type PolicyParts } from './policy-loss.js';
export { type RegionTextInputs, regionTextLoss } from './region-text-loss.js';
export { type RelationInputs, relationLoss } from './relation-loss.js';
export { type Stage1Parts, type Stage1Terms, type Stage1Weights, stage1Loss } from './stage1-loss.js';
export { type TokenInputs, tokenLoss } from './token-loss.js';
export { tokenLogProbs } from './token-log-probs.js';
export { valueLoss, type ValueInputs, type ValueOptions } from './value-loss.js';
export { whiten } from './whiten.js';
