import { join } from 'node:path';
import { type CorrectionAccounting, correctionAccounting, isRight, type SceneScores } from '@fgam/bench';
import { fileSha256 } from '@fgam/trainer';
import { existenceOn, openGroundedCritic, openModelCritic, openOracleCritic } from '../ports/open-critic.js';
import {
  type EvaluateLoopOptions,
  firstAnswers,
  type LoopResult,
  runLoop,
  scoreAnswers,
} from './evaluate.js';
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

/** Whose feedback a row's loop goes by. */
export type CriticKind = 'module' | 'grounded' | 'oracle';

/** What evaluation needs. */
export interface EvaluateVariantsOptions {
  readonly scenes: QuickstartScenes;
  readonly scale: QuickstartScale;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
}

/** A critic of a row, and what it adds to the row's name. */
type CriticOfRow = Pick<EvaluateLoopOptions, 'criticName' | 'criticHash' | 'openCritic'> & {
  readonly suffix: string;
  readonly description?: string;
  readonly criticKind: CriticKind;
};

/**
 * Evaluates each variant on the test scenes, without and with the loop by its own rectification module; the full variant also
 * with the grounded critic, and with the oracle, which sees the truth and is the upper bound of what feedback can do. All critics
 * but the oracle are calibrated on the validation scenes.
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
    const first = await firstAnswers(common);
    const ofValidation = await firstAnswers({ ...common, name: `${name}, validation`, data: validation });
    const scores = scoreAnswers(data, first, scale.resamples);
    for (const { suffix, description, criticKind, ...critic } of await criticsOf(trained, scenes, signal)) {
      const calibration = criticKind === 'oracle' ? {} : { calibration: { validation, first: ofValidation } };
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
  { variant, model, checkpoint, critic }: TrainedVariant,
  scenes: QuickstartScenes,
  signal: AbortSignal,
): Promise<CriticOfRow[]> {
  const hashOf = (folder: string): Promise<string> => fileSha256(join(folder, 'model.safetensors'));
  const own: CriticOfRow = {
    suffix: '',
    criticName: 'rectification module',
    criticKind: 'module',
    criticHash: await hashOf(critic.checkpoint),
    openCritic: () => openModelCritic(critic.model),
  };
  if (!variant.hasStage1 || !variant.hasStage2) return [own];
  return [
    own,
    {
      suffix: ', grounded critic',
      description: "both stages; the critic is stage 1's region-text similarity and geometry",
      criticName: 'grounded critic',
      criticKind: 'grounded',
      criticHash: await hashOf(checkpoint),
      openCritic: () => openGroundedCritic(model, existenceOn(scenes.validation, signal)),
    },
    {
      suffix: ', oracle critic',
      description: 'ORACLE: the critic sees the truth; an upper bound, not a result',
      criticName: 'oracle',
      criticHash: 'truth',
      criticKind: 'oracle',
      openCritic: () => openOracleCritic(scenes.test),
    },
  ];
}
