import { join } from 'node:path';
import { PixelCache } from '@fgam/data';
import { type FgamModel, saveModel, visionGrid } from '@fgam/models';
import { type CorrectionExample, correctionExamples } from '@fgam/rectifier';
import { createModelStep, type LossWeights, type TrainingSource } from '@fgam/trainer';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { captionSource, correctionSources, instructionSources } from '../recipes/scene-sources.js';
import { runTraining } from '../run-training.js';
import { draftAnswers } from './drafts.js';
import { folderName } from './folder-name.js';
import type { QuickstartScale } from './scale.js';
import type { QuickstartScenes } from './scenes.js';
import { ANSWERS, BASE_ALIGNMENT, STAGE1_ALIGNMENT, type Variant, VARIANTS } from './variants.js';

/** Highest learning rate of a run from the base checkpoint: the base's own. */
const LEARNING_RATE = 1e-3;
/** Share of a run that warms up. */
const WARMUP = 0.1;
/** Steps that a killed run loses at most. */
const SAVE_EVERY = 50;
/** Rows that an image's questions are dealt over. */
const PARTS = 3;
/** Three of five updates of stage 2 revise; the others are those of plain instruction tuning. */
const INSTRUCTION_TURNS = { questions: 3, captions: 1 } as const;
const WITH_CORRECTIONS_TURNS = { questions: 1, captions: 1 } as const;
const REVISER_TURNS = { questions: 2, captions: 1 } as const;
const CRITIC_TURNS = { questions: 3, captions: 1 } as const;

/** A trained model with the folder of its run. */
export interface TrainedModel {
  readonly model: FgamModel;
  readonly checkpoint: string;
}

/** A variant's model and the rectification module that goes with it. */
export interface TrainedVariant extends TrainedModel {
  readonly variant: Variant;
  readonly critic: TrainedModel;
}

/** What training needs. */
export interface TrainVariantsOptions {
  readonly base: FgamModel;
  readonly scenes: QuickstartScenes;
  readonly scale: QuickstartScale;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
}

/**
 * Trains the four variants from one base model: alignment (with or without stage 1), then instruction tuning (with or without
 * corrections), with equal steps; and a rectification module for each alignment, on injected errors and the model's own.
 */
export async function trainVariants(options: TrainVariantsOptions): Promise<TrainedVariant[]> {
  const { scenes, scale, out } = options;
  const pixels = new PixelCache({ size: visionGrid(options.base.config).imageSize });
  const run = (name: string, model: FgamModel, plan: Plan): Promise<TrainedModel> =>
    trainModel({ ...options, name, model, plan, pixels });
  const trained: TrainedVariant[] = [];
  for (const hasStage1 of [false, true]) {
    const aligned = await run(hasStage1 ? 'stage 1' : 'alignment', options.base, {
      sources: [captionSource(scenes.train)],
      weights: hasStage1 ? STAGE1_ALIGNMENT : BASE_ALIGNMENT,
      steps: scale.steps.alignment,
    });
    const [plain, corrected] = VARIANTS.filter((variant) => variant.hasStage1 === hasStage1) as [
      Variant,
      Variant,
    ];
    const instruct = (variant: Variant, examples: readonly CorrectionExample[]): Promise<TrainedModel> =>
      run(variant.name, aligned.model, {
        sources: variant.hasStage2
          ? [
              ...instructionSources(scenes.train, { parts: PARTS, turns: WITH_CORRECTIONS_TURNS }),
              ...correctionSources(scenes.train, examples, 'reviser', REVISER_TURNS),
            ]
          : instructionSources(scenes.train, { parts: PARTS, turns: INSTRUCTION_TURNS }),
        weights: ANSWERS,
        steps: scale.steps.instruction,
      });
    const first = await instruct(plain, []);
    const drafts = await draftAnswers({ ...options, ...first, name: plain.name });
    const { questions, samples } = scenes.train;
    const examples = correctionExamples({ questions, samples, drafts, seed: options.seed });
    const second = await instruct(corrected, examples);
    const critic = await run(`critic of ${plain.name}`, first.model, {
      sources: correctionSources(scenes.train, examples, 'critic', CRITIC_TURNS),
      weights: ANSWERS,
      steps: scale.steps.critic,
    });
    trained.push({ ...first, variant: plain, critic }, { ...second, variant: corrected, critic });
  }
  const order = new Map<Variant, number>(VARIANTS.map((variant, index) => [variant, index]));
  trained.sort((a, b) => (order.get(a.variant) ?? 0) - (order.get(b.variant) ?? 0));
  for (const { variant, model, critic } of trained) {
    await saveModel(join(out, 'models', folderName(variant.name)), model);
    if (!variant.hasStage2)
      await saveModel(join(out, 'models', folderName(`critic of ${variant.name}`)), critic.model);
  }
  return trained;
}

interface Plan {
  readonly sources: readonly TrainingSource[];
  readonly weights: LossWeights;
  readonly steps: number;
}

async function trainModel(
  options: TrainVariantsOptions & {
    readonly name: string;
    readonly model: FgamModel;
    readonly plan: Plan;
    readonly pixels: PixelCache;
  },
): Promise<TrainedModel> {
  const { name, model, plan, pixels, scale, seed, out, signal } = options;
  const step = createModelStep({
    name,
    model,
    sources: plan.sources,
    weights: plan.weights,
    batchSize: scale.batchSize,
    seed,
    pixels,
  });
  const { weights, checkpoint } = await runTraining({
    label: `train: ${name}`,
    step,
    out: join(out, 'training', folderName(name)),
    steps: plan.steps,
    schedule: { learningRate: LEARNING_RATE, warmup: Math.round(plan.steps * WARMUP) },
    optimizer: COMPACT_OPTIMIZER,
    saveEvery: SAVE_EVERY,
    signal,
  });
  return { model: { ...model, weights }, checkpoint };
}
