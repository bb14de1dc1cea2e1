import type { Critic } from '@fgam/data';
import { createGenerator, createRegionTextScorer, type FgamModel } from '@fgam/models';
import {
  calibrateExistence,
  createGroundedCritic,
  createModelCritic,
  createOracleCritic,
} from '@fgam/rectifier';
import { imageOf } from '../answer-questions.js';
import type { SceneData } from '../scene-data.js';
import { DECODE_BATCH } from './drafts.js';

/** A critic with what must be freed after its use. */
export interface OpenCritic {
  readonly critic: Critic;
  /** What the critic's lines were drawn by, for the report. */
  readonly settings: Readonly<Record<string, number>>;
  dispose(): Promise<void>;
}

/** A trained rectification module. */
export function openModelCritic(model: FgamModel): OpenCritic {
  const generator = createGenerator(model, { name: 'rectification module', maxBatch: DECODE_BATCH });
  return { critic: createModelCritic({ generator }), settings: {}, dispose: () => generator.dispose() };
}

/** A critic by stage 1's region-text similarity, its threshold of existence set on the validation split. */
export async function openGroundedCritic(
  model: FgamModel,
  validation: SceneData,
  signal: AbortSignal,
): Promise<OpenCritic> {
  const scorer = createRegionTextScorer(model, { name: 'stage 1' });
  const logitScale = logitScaleOf(model);
  const questions = validation.questions
    .filter(({ kind }) => kind === 'existence')
    .map((question) => ({ image: imageOf(validation, question), question }));
  const calibration = await calibrateExistence({ scorer, logitScale, questions }, { signal });
  return {
    critic: createGroundedCritic({ scorer, logitScale, thresholds: { existence: calibration.threshold } }),
    settings: {
      existenceThreshold: calibration.threshold,
      validationBalancedAccuracy: calibration.balancedAccuracy,
    },
    dispose: () => scorer.dispose(),
  };
}

/** A critic that sees the truth: the upper bound, in rows labelled oracle. */
export function openOracleCritic({ questions, samples, sampleOf }: SceneData): OpenCritic {
  const truth = questions.map((question) => {
    const sample = sampleOf.get(question.sample) ?? samples[0];
    return { image: sample?.image ?? '', question, ...(sample === undefined ? {} : { sample }) };
  });
  return { critic: createOracleCritic({ truth }), settings: {}, dispose: async () => {} };
}

/** s of the region-text loss: exp(theta), clamped as the loss clamps it. */
export function logitScaleOf({ weights }: FgamModel): number {
  const theta = weights['fgam.region_logit_scale']?.data[0] ?? Math.log(1 / 0.07);
  return Math.min(100, Math.max(1, Math.exp(theta)));
}
