import {
  createModelDetector,
  createRegionTextScorer,
  createVisionReader,
  type FgamModel,
} from '@fgam/models';
import type { ReadingOptions } from '@fgam/rectifier';
import { logitScaleOf } from './logit-scale.js';

/** A model's region-text similarity and s of its loss, and its detections where it has a detection head. */
export type Grounding = Pick<ReadingOptions, 'scorer' | 'detector'> & { readonly logitScale: number };

/** What a model sees in images, with what must be freed after its use. */
export interface OpenGrounding {
  readonly grounding: Grounding;
  readonly dispose: () => Promise<void>;
}

/** Whether a model finds objects itself. */
export function hasDetector({ config }: FgamModel): boolean {
  return config.fgam.box_hidden_size !== undefined;
}

/** Opens a model as something that looks at images. */
export function openGrounding(model: FgamModel): OpenGrounding {
  const logitScale = logitScaleOf(model);
  // Similarity and detections of an image are of the same vision tokens.
  const vision = createVisionReader(model);
  const scorer = createRegionTextScorer(model, { name: 'stage 1', vision });
  const detector = hasDetector(model) ? createModelDetector(model, { vision }) : undefined;
  return {
    grounding: { scorer, logitScale, ...(detector === undefined ? {} : { detector }) },
    dispose: async () => {
      await Promise.all([scorer.dispose(), detector?.dispose(), vision.dispose()]);
    },
  };
}
