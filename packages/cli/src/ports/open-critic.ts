import type { Critic } from '@fgam/data';
import { createGenerator, createRegionTextScorer, type FgamModel } from '@fgam/models';
import {
  calibrateExistence,
  createGroundedCritic,
  createModelCritic,
  createOracleCritic,
} from '@fgam/rectifier';
import { imageOf } from '../answer-questions.js';
import { say } from '../output.js';
import type { SceneData } from '../scene-data.js';
import { openModel } from '../train/open-model.js';
import { fittedPrompts } from './fitted-prompts.js';
import { DECODE_BATCH } from './open-answerer.js';

/** A critic with what must be freed after its use. */
export interface OpenCritic {
  readonly critic: Critic;
  /** What the critic's lines were drawn by, for reports. */
  readonly settings: Readonly<Record<string, number>>;
  dispose(): Promise<void>;
}

/** The critic that asks the answering model's own region-text similarity. */
export const GROUNDED = 'grounded';

/** Where exp(theta) starts; a scale this near to it was never trained. */
const UNTRAINED_SCALE = 1 / 0.07;
const SCALE_ROUNDING = 0.05;

/** Opens `grounded`, by the answering model's stage 1, or a trained rectification module by its folder. */
export async function openCritic(name: string, model: FgamModel): Promise<OpenCritic> {
  return name === GROUNDED ? openGroundedCritic(model) : openModelCritic(await openModel(name));
}

/** A trained rectification module; prompts that were cut are reported when it is freed. */
export function openModelCritic(model: FgamModel): OpenCritic {
  const generator = createGenerator(model, { name: 'rectification module', maxBatch: DECODE_BATCH });
  const prompts = fittedPrompts(model);
  return {
    critic: createModelCritic({ generator, formatPrompt: prompts.formatCriticPrompt }),
    settings: {},
    dispose: async () => {
      prompts.report();
      await generator.dispose();
    },
  };
}

/**
 * A critic by a model's region-text similarity. With `calibration` scenes (a validation split), its threshold of existence is set
 * on them; else it is the critic's default.
 */
export async function openGroundedCritic(
  model: FgamModel,
  calibration?: { readonly data: SceneData; readonly signal: AbortSignal },
): Promise<OpenCritic> {
  const logitScale = logitScaleOf(model);
  if (Math.abs(logitScale - UNTRAINED_SCALE) < SCALE_ROUNDING)
    say('warning: this model has had no region-text training, so the grounded critic has little to go by');
  const scorer = createRegionTextScorer(model, { name: 'stage 1' });
  const dispose = (): Promise<void> => scorer.dispose();
  if (calibration === undefined)
    return { critic: createGroundedCritic({ scorer, logitScale }), settings: { logitScale }, dispose };
  const { data, signal } = calibration;
  const questions = data.questions
    .filter(({ kind }) => kind === 'existence')
    .map((question) => ({ image: imageOf(data, question), question }));
  const { threshold, balancedAccuracy } = await calibrateExistence(
    { scorer, logitScale, questions },
    { signal },
  ).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    critic: createGroundedCritic({ scorer, logitScale, thresholds: { existence: threshold } }),
    settings: { logitScale, existenceThreshold: threshold, validationBalancedAccuracy: balancedAccuracy },
    dispose,
  };
}

/** A critic that sees the truth: the upper bound, in rows labelled oracle. */
export function openOracleCritic(data: SceneData): OpenCritic {
  const truth = data.questions.map((question) => {
    const sample = data.sampleOf.get(question.sample);
    return { image: imageOf(data, question), question, ...(sample === undefined ? {} : { sample }) };
  });
  return { critic: createOracleCritic({ truth }), settings: {}, dispose: async () => {} };
}

/** s of the region-text loss: exp(theta), clamped as the loss clamps it. */
function logitScaleOf({ weights }: FgamModel): number {
  const theta = weights['fgam.region_logit_scale']?.data[0] ?? Math.log(UNTRAINED_SCALE);
  return Math.min(100, Math.max(1, Math.exp(theta)));
}
