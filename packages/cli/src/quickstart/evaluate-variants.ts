import { join } from 'node:path';
import { type CorrectionAccounting, correctionAccounting, isRight, type SceneScores } from '@fgam/bench';
import {
  type CriticKind,
  groundedCritic,
  moduleCritic,
  oracleCritic,
  seesTruth,
  type VariantCritic,
} from './critics.js';
import { firstAnswers, type LoopResult, runLoop, scoreAnswers } from './evaluate.js';
import type { QuickstartScale } from './scale.js';
import type { QuickstartScenes } from './scenes.js';
import type { TrainedVariant } from './train-variants.js';

/** One row of the table: a variant's first answers and what a loop with one critic made of them. */
export interface EvaluatedRow {
  readonly name: string;
  readonly description: string;
  readonly trained: TrainedVariant;
  /** Scores of the first answers, and of the final ones. */
  readonly scores: SceneScores;
  readonly finalScores: SceneScores;
  readonly accounting: CorrectionAccounting;
  readonly loop: LoopResult;
  readonly criticKind: CriticKind;
}

/** What evaluation needs. */
export interface EvaluateVariantsOptions {
  readonly scenes: QuickstartScenes;
  readonly scale: QuickstartScale;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
}

/** A critic of a row, and what it adds to the row's name. */
type CriticOfRow = VariantCritic & { readonly suffix: string; readonly description?: string };

/**
 * Evaluates each variant on the test scenes, without and with the loop by its own rectification module; the
 * full variant also with the grounded critic, and with the oracle, which sees the truth and is the upper
 * bound of what feedback can do. All critics but the oracle are calibrated on the validation scenes.
 */
export async function evaluateVariants(
  variants: readonly TrainedVariant[],
  { scenes, scale, seed, out, signal }: EvaluateVariantsOptions,
): Promise<EvaluatedRow[]> {
  const rows: EvaluatedRow[] = [];
  const { test: data, validation } = scenes;
  for (const trained of variants) {
    const { variant, model, checkpoint } = trained;
    const { name } = variant;
    const dependsOn = { scenes: scale.scenes, seed };
    const common = { name, model, checkpoint, data, dependsOn, out: join(out, 'evaluation'), signal };
    const { predictions: first } = await firstAnswers(common);
    const { predictions: ofValidation } = await firstAnswers({
      ...common,
      name: `${name}, validation`,
      data: validation,
    });
    const scores = scoreAnswers(data, first, scale.resamples);
    for (const { suffix, description, criticKind, ...critic } of await criticsOf(trained, scenes, signal)) {
      const calibration = seesTruth(criticKind) ? {} : { calibration: { validation, first: ofValidation } };
      const loop = await runLoop({ ...common, ...critic, ...calibration, first });
      const finals = loop.trajectories.map(({ id, final }) => ({ id, answer: final }));
      rows.push({
        name: name + suffix,
        description: description ?? variant.description,
        trained,
        scores,
        finalScores: scoreAnswers(data, finals, scale.resamples),
        accounting: correctionAccounting(loop.trajectories, data.questions, isRight),
        loop,
        criticKind,
      });
    }
  }
  return rows;
}

async function criticsOf(
  trained: TrainedVariant,
  scenes: QuickstartScenes,
  signal: AbortSignal,
): Promise<CriticOfRow[]> {
  const { variant } = trained;
  const own: CriticOfRow = { ...(await moduleCritic(trained)), suffix: '' };
  const isFull = variant.alignment === 'stage 1' && variant.hasStage2;
  const isBase = variant.alignment === 'alignment' && !variant.hasStage2;
  if (!isFull && !isBase) return [own];
  const grounded: CriticOfRow = {
    ...(await groundedCritic(scenes, signal)),
    suffix: ', grounded critic',
    description: `${variant.description}; the critic is a detector, region-text similarity and geometry (the shipped grounding checkpoint)`,
  };
  if (isBase) return [own, grounded];
  const oracle: CriticOfRow = {
    ...oracleCritic(scenes.test),
    suffix: ', oracle critic',
    description: 'ORACLE: the critic sees the truth; an upper bound, not a result',
  };
  return [own, grounded, oracle];
}
