/** Weights of the parts of the loss; a part of weight 0 is not built. */
export interface LossWeights {
  /** Cross-entropy of answers (captions, instruction, revision, feedback). */
  readonly tokens: number;
  /** Contrast of whole images and captions. */
  readonly global: number;
  /** RTCL. */
  readonly regionText: number;
  /** Each region against descriptions that are wrong in one phrase (FG-CLIP's term). Default 0. */
  readonly hardNegatives?: number;
  /** SCC. */
  readonly spatial: number;
  /** SCC of the regions' descriptions: the same relation, told from two texts. Default 0. */
  readonly spatialText?: number;
  /**
   * HACL's alpha: contrast of images and captions as the language model sees them, with
   * hallucinated captions. Default 0.
   */
  readonly hacl?: number;
  /** Detection: every vision token against the phrases of the batch's regions, and its box. Default 0. */
  readonly detection?: number;
  /** Distance of the tokens' distributions from a teacher's. Default 0. */
  readonly distillation?: number;
}

/** Whether a loss contrasts regions with texts at all. */
export function contrastsRegions(weights: LossWeights): boolean {
  return weights.regionText > 0 || hasHardNegatives(weights);
}

/** Whether a loss has the term of descriptions that are wrong. */
export function hasHardNegatives({ hardNegatives = 0 }: LossWeights): boolean {
  return hardNegatives > 0;
}

/** Whether a loss tells relations from descriptions. */
export function hasSpatialText({ spatialText = 0 }: LossWeights): boolean {
  return spatialText > 0;
}

/** Whether a loss tells relations at all. */
export function hasRelations(weights: LossWeights): boolean {
  return weights.spatial > 0 || hasSpatialText(weights);
}

/** Whether a loss has a teacher. */
export function hasDistillation({ distillation = 0 }: LossWeights): boolean {
  return distillation > 0;
}

/** Whether a loss has HACL's contrast. */
export function hasHacl({ hacl = 0 }: LossWeights): boolean {
  return hacl > 0;
}

/** Whether a loss trains the detection head. */
export function hasDetection({ detection = 0 }: LossWeights): boolean {
  return detection > 0;
}
