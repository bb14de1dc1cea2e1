import { join } from 'node:path';
import type { Prediction, SceneScores } from '@fgam/bench';
import type { Answerer } from '@fgam/data';
import { fileSha256 } from '@fgam/trainer';
import { calibrateCritic } from '../ports/calibrate-critic.js';
import {
  type OpenCritic,
  openGroundedCritic,
  openModelCritic,
  openOracleCritic,
} from '../ports/open-critic.js';
import { evaluateAnswers, evaluateLoop, type LoopResult } from './evaluate.js';
import type { QuickstartScale } from './scale.js';
import type { QuickstartScenes } from './scenes.js';
import type { TrainedVariant } from './train-variants.js';

/** One row of the table: a variant's first answers and what a loop with one critic made of them. */
export interface EvaluatedRow {
  readonly name: string;
  readonly description: string;
  readonly trained: TrainedVariant;
  readonly predictions: readonly Prediction[];
  readonly scores: SceneScores;
  readonly loop: LoopResult;
}

/** What evaluation needs. */
export interface EvaluateVariantsOptions {
  readonly scenes: QuickstartScenes;
  readonly scale: QuickstartScale;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
}

/**
 * Evaluates each variant on the test scenes, without and with the loop by its own rectification module; the full variant also
 * with the grounded critic, and with the oracle, which sees the truth and is the upper bound of what feedback can do.
 */
export async function evaluateVariants(
  variants: readonly TrainedVariant[],
  { scenes, scale, seed, out, signal }: EvaluateVariantsOptions,
): Promise<EvaluatedRow[]> {
  const rows: EvaluatedRow[] = [];
  const dependsOn = { scenes: scale.scenes, seed };
  const data = scenes.test;
  for (const trained of variants) {
    const { variant, model, checkpoint, critic } = trained;
    const common = {
      name: variant.name,
      model,
      checkpoint,
      data,
      dependsOn,
      resamples: scale.resamples,
      out: join(out, 'evaluation'),
      signal,
    };
    const { predictions, scores } = await evaluateAnswers(common);
    const { predictions: first } = await evaluateAnswers({
      ...common,
      name: `${variant.name}, validation`,
      data: scenes.validation,
    });
    const calibrate = (opened: OpenCritic, answerer: Answerer): Promise<OpenCritic> =>
      calibrateCritic(opened, { answerer, validation: scenes.validation, first, signal });
    const row = { trained, predictions, scores, description: variant.description };
    const rm = await fileSha256(join(critic.checkpoint, 'model.safetensors'));
    const loop = await evaluateLoop({
      ...common,
      first: predictions,
      criticName: 'rectification module',
      criticHash: rm,
      openCritic: (answerer) => calibrate(openModelCritic(critic.model), answerer),
    });
    rows.push({ ...row, name: variant.name, loop });
    if (!variant.hasStage1 || !variant.hasStage2) continue;
    const grounded = await evaluateLoop({
      ...common,
      first: predictions,
      criticName: 'grounded critic',
      criticHash: await fileSha256(join(checkpoint, 'model.safetensors')),
      openCritic: async (answerer) =>
        calibrate(await openGroundedCritic(model, { data: scenes.validation, signal }), answerer),
    });
    rows.push({
      ...row,
      name: `${variant.name}, grounded critic`,
      description: 'both stages; the critic is stage 1’s region-text similarity and geometry',
      loop: grounded,
    });
    const oracle = await evaluateLoop({
      ...common,
      first: predictions,
      criticName: 'oracle',
      criticHash: 'truth',
      openCritic: () => openOracleCritic(data),
    });
    rows.push({
      ...row,
      name: `${variant.name}, oracle critic`,
      description: 'ORACLE: the critic sees the truth; an upper bound, not a result',
      loop: oracle,
    });
  }
  return rows;
}
