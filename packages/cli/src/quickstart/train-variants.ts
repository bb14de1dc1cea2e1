import { join } from 'node:path';
import { PixelCache } from '@fgam/data';
import { type FgamModel, saveModel, visionGrid, withHeads } from '@fgam/models';
import { type CorrectionExample, correctionExamples } from '@fgam/rectifier';
import { createModelStep, type LossWeights, type TrainingSource } from '@fgam/trainer';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { copyingSources, mixedCopyingSources } from '../recipes/copying-sources.js';
import { captionSource, correctionSources, instructionSources } from '../recipes/scene-sources.js';
import { withWrongCaptions } from '../recipes/with-wrong-captions.js';
import { runTraining } from '../run-training.js';
import { draftAnswers } from './drafts.js';
import { folderName } from './folder-name.js';
import type { QuickstartScale } from './scale.js';
import type { QuickstartScenes } from './scenes.js';
import { STAGE2_RECIPE, type Stage2Recipe } from './stage2-recipe.js';
import { ALIGNMENTS, type AlignmentName, ANSWERS, HACL_WIDTH, type Variant, VARIANTS } from './variants.js';

/** Highest learning rate of a run from the base checkpoint: the base's own. */
const LEARNING_RATE = 1e-3;
/** Share of a run that warms up. */
const WARMUP = 0.1;
/** Steps that a killed run loses at most. */
const SAVE_EVERY = 50;
/** Rows that an image's questions are dealt over. */
const PARTS = 3;

/** A trained model with the folder of its run. */
export interface TrainedModel {
  readonly model: FgamModel;
  readonly checkpoint: string;
}

/** A trained model with the model folder that users open. */
export interface SavedModel extends TrainedModel {
  readonly folder: string;
}

/**
 * A variant's model, the alignment that it began with, and the rectification module that goes with it,
 * where one was asked for.
 */
export interface TrainedVariant extends SavedModel {
  readonly variant: Variant;
  readonly alignment: TrainedModel;
  readonly critic?: SavedModel;
}

/** A variant's rectification module. @throws Error where variants were trained without */
export function moduleOf({ variant, critic }: Pick<TrainedVariant, 'variant' | 'critic'>): SavedModel {
  if (critic === undefined) throw new Error(`${variant.name} was trained without a module`);
  return critic;
}

/** What training needs. */
export interface TrainVariantsOptions {
  readonly base: FgamModel;
  /** Default: the paper's four. One with stage 2 is trained beside the one without. */
  readonly variants?: readonly Variant[];
  readonly scenes: QuickstartScenes;
  readonly scale: QuickstartScale;
  /** What updates of instruction tuning and of the modules draw from. Default: the quickstart's. */
  readonly recipe?: Stage2Recipe;
  /** Whether a module is trained for each alignment. Default true. */
  readonly hasModules?: boolean;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
}

/**
 * Trains variants from one base model: alignment (with or without stage 1, or HACL), then instruction tuning
 * (with or without corrections), with as many updates on images; and a rectification module for each
 * alignment, on injected errors and the model's own.
 */
export async function trainVariants(options: TrainVariantsOptions): Promise<TrainedVariant[]> {
  const { scenes, scale, out, seed, variants = VARIANTS, recipe = STAGE2_RECIPE } = options;
  const { hasModules = true } = options;
  const pixels = new PixelCache({ size: visionGrid(options.base.config).imageSize });
  const run = (name: string, model: FgamModel, plan: Plan): Promise<TrainedModel> =>
    trainModel({ ...options, name, model, plan, pixels });
  const save = async (name: string, { model, checkpoint }: TrainedModel): Promise<SavedModel> => {
    const folder = join(out, 'models', folderName(name));
    await saveModel(folder, model);
    return { model, checkpoint, folder };
  };
  const { tokenizer } = options.base;
  const encode = (text: string): readonly number[] => tokenizer.encode(text);
  const mixed =
    recipe.mixed === undefined || !variants.some(({ hasStage2 }) => hasStage2)
      ? []
      : mixedCopyingSources(scenes.train, { turns: recipe.mixed, seed, encode });
  const trained: TrainedVariant[] = [];
  for (const name of Object.keys(ALIGNMENTS) as AlignmentName[]) {
    const own = variants.filter(({ alignment }) => alignment === name);
    const plain = own.find(({ hasStage2 }) => !hasStage2);
    const corrected = own.find(({ hasStage2 }) => hasStage2);
    if (plain === undefined) continue;
    const captions = captionSource(scenes.train);
    const hasHacl = name === 'HACL';
    const alignment = await run(
      name,
      hasHacl ? withHeads(options.base, { hacl_embed_dim: HACL_WIDTH }, seed) : options.base,
      {
        sources: [hasHacl ? withWrongCaptions(captions, { seed }) : captions],
        weights: ALIGNMENTS[name],
        steps: scale.steps.alignment,
      },
    );
    const instruct = (variant: Variant, examples: readonly CorrectionExample[]): Promise<TrainedModel> => {
      const sources = variant.hasStage2
        ? [
            ...instructionSources(scenes.train, { parts: PARTS, turns: recipe.beside }),
            ...correctionSources(scenes.train, examples, 'reviser', recipe.reviser),
            ...copyingSources(scenes.train, examples, recipe.copying, seed),
            ...mixed,
          ]
        : instructionSources(scenes.train, { parts: PARTS, turns: recipe.plain });
      return run(variant.name, alignment.model, {
        sources,
        weights: ANSWERS,
        steps: updatesOf(sources, scale.steps.instruction),
        ...(variant.hasStage2 ? { hold: recipe.hold } : {}),
      });
    };
    const first = await instruct(plain, []);
    const drafts = await draftAnswers({ ...options, ...first, name: plain.name });
    const { questions, samples } = scenes.train;
    const { captionShares } = recipe;
    const examples = correctionExamples({
      ...{ questions, samples, drafts, seed },
      ...(captionShares === undefined ? {} : { captionShares }),
    });
    const second = corrected && (await instruct(corrected, examples));
    const trainModule = async (): Promise<SavedModel> => {
      const criticName = `critic of ${plain.name}`;
      const critic = await run(criticName, first.model, {
        sources: correctionSources(scenes.train, examples, 'critic', recipe.critic),
        weights: ANSWERS,
        steps: scale.steps.critic,
      });
      return save(criticName, critic);
    };
    const common = { alignment, ...(hasModules ? { critic: await trainModule() } : {}) };
    trained.push({ ...(await save(plain.name, first)), ...common, variant: plain });
    if (second !== undefined && corrected !== undefined)
      trained.push({ ...(await save(corrected.name, second)), ...common, variant: corrected });
  }
  const order = new Map<Variant, number>(variants.map((variant, index) => [variant, index]));
  return trained.sort((a, b) => (order.get(a.variant) ?? 0) - (order.get(b.variant) ?? 0));
}

/**
 * Updates in which `seeing` read images, as many in every row of a table, with the others that their
 * sources take turns with.
 */
function updatesOf(sources: readonly TrainingSource[], seeing: number): number {
  const turnsOf = (some: readonly TrainingSource[]) => some.reduce((sum, { turns = 1 }) => sum + turns, 0);
  const withImages = turnsOf(sources.filter(({ readsImages = true }) => readsImages));
  return Math.round((seeing * turnsOf(sources)) / withImages);
}

interface Plan {
  readonly sources: readonly TrainingSource[];
  readonly weights: LossWeights;
  readonly steps: number;
  /** Share of the run that stays at the highest rate. Default 0. */
  readonly hold?: number | undefined;
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
    schedule: {
      ...{ learningRate: LEARNING_RATE, warmup: Math.round(plan.steps * WARMUP) },
      ...(plan.hold === undefined ? {} : { hold: Math.round(plan.steps * plan.hold) }),
    },
    optimizer: COMPACT_OPTIMIZER,
    saveEvery: SAVE_EVERY,
    signal,
  });
  return { model: { ...model, weights }, checkpoint };
}
