import { FgamError, QUESTION_KINDS, type QuestionKind, readJson } from '@fgam/data';
import { type Credit, CREDITS } from '@fgam/trainer';
import { z } from 'zod';
import { BASE_RECIPE, type BaseRecipe } from '../base/base-recipe.js';
import { CAPTION_SHARES } from '../recipes/copying-sources.js';
import { FAST_SCALE, FULL_SCALE, type QuickstartScale } from '../quickstart/scale.js';
import { STAGE2_RECIPE, type Stage2Recipe } from '../quickstart/stage2-recipe.js';
import { listFaults } from '../train/list-faults.js';

/** How much PPO a row gets. */
export interface PpoScale {
  /** Updates. */
  readonly steps: number;
  readonly learningRate: number;
  /** Questions of an iteration, trajectories of an update, passes over an iteration's. */
  readonly questions: number;
  /** Questions of one image that share a row. Default 1. */
  readonly questionsPerRow?: number | undefined;
  readonly minibatch: number;
  readonly epochs: number;
  /**
   * Training scenes of its own that are asked about: a critic's reward needs no answers, and of scenes that
   * instruction tuning has seen a model knows too much. Default: those of instruction tuning.
   */
  readonly scenes?: number | undefined;
  /** Most revisions of a trajectory. */
  readonly rounds: number;
  readonly klCoefficient: number;
  /** What earns a reward: a response as a whole, or each of its claims. Default: the whole. */
  readonly credit?: Credit | undefined;
  /** What a revision's gain counts beside a first answer's. Default 1: only the last response counts. */
  readonly roundDiscount?: number | undefined;
  /** Kinds of training questions that are asked. Default: all. */
  readonly kinds?: readonly QuestionKind[] | undefined;
}

/** How much of everything a reproduction does. The path is the same at every scale. */
export interface PaperScale extends QuickstartScale {
  /** How base checkpoints are trained from random weights, where none is given. */
  readonly base: BaseRecipe;
  /** What updates of instruction tuning and of modules draw from. */
  readonly recipe: Stage2Recipe;
  readonly ppo: PpoScale;
}

const FULL_PPO: PpoScale = {
  steps: 160,
  learningRate: 3e-4,
  questions: 128,
  minibatch: 32,
  epochs: 2,
  rounds: 1,
  klCoefficient: 0.05,
};

/**
 * Captions alone, whose claims earn their own rewards (`docs/decisions/0030`): the last answers to other questions are
 * at 0.99 of the reward before PPO begins.
 */
const TABLES_PPO: PpoScale = {
  ...FULL_PPO,
  steps: 112,
  learningRate: 5e-4,
  scenes: 4000,
  credit: 'claim',
  kinds: ['caption'],
  rounds: 2,
};

/**
 * With 1.6 times as many updates on texts alone as on images: refused short answers, and captions that no image
 * has, by which long answers are learned to be copied (`docs/decisions/0026`).
 */
const TABLES_RECIPE: Stage2Recipe = {
  ...STAGE2_RECIPE,
  copying: { questions: 3, captions: 0 },
  mixed: { short: 4, long: 4 },
  captionShares: CAPTION_SHARES,
  hold: 0.25,
};

/**
 * Scales by name. `full` has the quickstart's updates, `tables` those of Table 2 in `docs/tables.md`, `long` more of
 * everything.
 */
export const PAPER_SCALES = {
  fast: {
    ...FAST_SCALE,
    base: {
      ...BASE_RECIPE,
      scenes: { seed: 11, train: 200, validation: 8, test: 8 },
      steps: 80,
      stopAt: 80,
      batchSize: 16,
      schedule: { learningRate: 1e-3, warmup: 10 },
      saveEvery: 40,
      logEvery: 20,
    },
    recipe: STAGE2_RECIPE,
    ppo: { ...FULL_PPO, steps: 8, questions: 32, minibatch: 16 },
  },
  full: { ...FULL_SCALE, base: BASE_RECIPE, recipe: STAGE2_RECIPE, ppo: FULL_PPO },
  tables: {
    ...FULL_SCALE,
    name: 'tables',
    scenes: { ...FULL_SCALE.scenes, train: 4000 },
    steps: { alignment: 120, instruction: 800, critic: 150 },
    base: BASE_RECIPE,
    recipe: TABLES_RECIPE,
    ppo: TABLES_PPO,
  },
  long: {
    name: 'long',
    scenes: { train: 4000, validation: 200, test: 240 },
    steps: { alignment: 350, instruction: 400, critic: 350 },
    batchSize: 32,
    drafts: 4000,
    resamples: 1000,
    base: BASE_RECIPE,
    recipe: STAGE2_RECIPE,
    ppo: { ...FULL_PPO, steps: 480 },
  },
} as const satisfies Readonly<Record<string, PaperScale>>;

/** Names of {@link PAPER_SCALES}. */
export const SCALE_NAMES = Object.keys(PAPER_SCALES) as readonly (keyof typeof PAPER_SCALES)[];

const count = z.int().min(1).exactOptional();
const turns = z.strictObject({ questions: z.int().min(0), captions: z.int().min(0) }).exactOptional();
const fileSchema = z.strictObject({
  name: z.string().min(1),
  /** What is not said is this scale's. */
  from: z.enum(SCALE_NAMES),
  scenes: z.strictObject({ train: count, validation: count, test: count }).exactOptional(),
  steps: z.strictObject({ alignment: count, instruction: count, critic: count }).exactOptional(),
  batchSize: count,
  drafts: count,
  resamples: count,
  base: z.strictObject({ steps: count, stopAt: count, batchSize: count }).exactOptional(),
  recipe: z
    .strictObject({
      ...{ plain: turns, beside: turns, reviser: turns, copying: turns, critic: turns },
      mixed: z.strictObject({ short: z.int().min(0), long: z.int().min(0) }).exactOptional(),
      captionShares: z.array(z.number().min(0).max(1)).min(1).exactOptional(),
      hold: z.number().min(0).max(1).exactOptional(),
    })
    .exactOptional(),
  ppo: z
    .strictObject({
      steps: count,
      learningRate: z.number().positive().exactOptional(),
      questions: count,
      questionsPerRow: count,
      minibatch: count,
      epochs: count,
      scenes: count,
      rounds: z.int().min(0).exactOptional(),
      klCoefficient: z.number().min(0).exactOptional(),
      credit: z.enum(CREDITS).exactOptional(),
      roundDiscount: z.number().min(0).max(1).exactOptional(),
      kinds: z.array(z.enum(QUESTION_KINDS)).min(1).exactOptional(),
    })
    .exactOptional(),
});

/**
 * A scale by its name, or from a JSON file that overrides some of a named one:
 * `{"name": "mine", "from": "full", "steps": {"critic": 300}}`.
 *
 * @throws FgamError `fgam/bad-config` with the path of every fault; `data/bad-json`, `data/missing-file`
 */
export async function readPaperScale(nameOrFile: string): Promise<PaperScale> {
  const known: Readonly<Record<string, PaperScale>> = PAPER_SCALES;
  const named = Object.hasOwn(known, nameOrFile) ? known[nameOrFile] : undefined;
  if (named !== undefined) return named;
  const parsed = fileSchema.safeParse(await readJson(nameOrFile));
  if (!parsed.success)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${nameOrFile}: expected a scale (${SCALE_NAMES.join(', ')}, or a JSON file that overrides some of one), found ${listFaults(parsed.error).join('; ')}`,
    );
  const { from, scenes, steps, base, recipe, ppo, ...rest } = parsed.data;
  const before: PaperScale = PAPER_SCALES[from];
  const { beside, reviser } = { ...before.recipe, ...recipe };
  if (beside.questions + beside.captions + reviser.questions + reviser.captions === 0)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${nameOrFile}: recipe: expected turns of beside or reviser, which read images, got none; raise one of them`,
    );
  return {
    ...before,
    ...rest,
    scenes: { ...before.scenes, ...scenes },
    steps: { ...before.steps, ...steps },
    base: { ...before.base, ...base },
    recipe: { ...before.recipe, ...recipe },
    ppo: { ...before.ppo, ...ppo },
  };
}
