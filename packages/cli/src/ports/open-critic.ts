import { type Critic, FgamError } from '@fgam/data';
import { createGenerator, type FgamModel } from '@fgam/models';
import {
  calibrateExistence,
  createDescriptionCritic,
  createDividedCritic,
  createGroundedCritic,
  createModelCritic,
  createOracleCritic,
  createRememberingGenerator,
  type DividedPart,
  formatStatementPrompt,
  isCaptionQuestion,
  isShortQuestion,
  parseQuestion,
  withRefusalThreshold,
} from '@fgam/rectifier';
import { imageOf } from '../answer-questions.js';
import { say } from '../output.js';
import type { SceneData } from '../scene-data.js';
import type { NamedModel } from '../train/open-model.js';
import { knowsWords } from '../train/unknown-words.js';
import { weightsSha256 } from '../weights-sha256.js';
import { type Calibration, readCalibration } from './calibration-file.js';
import { fittedPrompts } from './fitted-prompts.js';
import { DECODE_BATCH, paysDrafts } from './open-answerer.js';
import { type Grounding, hasDetector, openGrounding } from './open-grounding.js';
import type { ModuleForm } from './module-file.js';
import { groundingFor, type OpenModule, openModule, TEXT } from './open-module.js';
import { openTextCritic } from './open-text-critic.js';

/** A critic with what must be freed after its use. */
export interface OpenCritic {
  readonly critic: Critic;
  /** What the critic's lines were drawn by, for reports. */
  readonly settings: Readonly<Record<string, number>>;
  /** The thresholds it goes by; no refusals among them where they stand as they come. */
  readonly calibration: Calibration;
  dispose(): Promise<void>;
}

/** The critic that asks the answering model's own region-text similarity. */
export const GROUNDED = 'grounded';

/**
 * Opens a critic for an answering model: `grounded`, by that model's own stage 1; another model's folder,
 * which is a rectification module or, with a detection head, asked as `grounded` asks; or `text:` and the
 * folder of a module that reads evidence; with the thresholds that were found for the two, if there are
 * any. Without, it says so.
 *
 * @param named - whose evidence a module reads. Default: as `groundingFor`
 */
export async function openCritic(
  name: string,
  answering: NamedModel,
  named?: NamedModel,
): Promise<OpenCritic> {
  // Opened before it is hashed: what is no model folder is named as such.
  const module = name === GROUNDED ? undefined : await openModule(name);
  const key = module === undefined ? GROUNDED : await weightsSha256(module.folder);
  const calibration = await readCalibration(answering.folder, key);
  if (calibration === undefined) warnUncalibrated(name, answering.folder);
  const opened =
    module === undefined
      ? await openGroundedCritic(answering.model, async () => calibration)
      : await openModuleCritic(module, await groundingFor(module, { named, answering }), calibration);
  return calibration === undefined ? opened : withRefusals(opened, calibration.refusals);
}

/** Says that nothing was found of a critic's refusals. @param answering - the model, as reports name it */
export function warnUncalibrated(name: string, answering: string): void {
  say(
    `warning: ${name} has not been calibrated for ${answering}: its refusals stand as they come, right or wrong`,
  );
}

/**
 * A critic as a reward: its refusals stand as they come. Those that calibration lets stand are the few that
 * help a revision; as a reward they would tell most wrong answers from right ones by nothing.
 */
export async function openRewardCritic(name: string, answering: NamedModel): Promise<OpenCritic> {
  if (name === GROUNDED)
    return openGroundedCritic(answering.model, async () => readCalibration(answering.folder, GROUNDED));
  const module = await openModule(name);
  return openModuleCritic(module, await groundingFor(module, { answering }));
}

/** What questions share a threshold: their form, such as `existence`. */
export function formOf(question: string): string {
  return parseQuestion(question)?.form ?? 'other';
}

/** A critic whose refusals stand below thresholds, by the form of the question; a form without one refuses nothing. */
export function withRefusals(opened: OpenCritic, refusals: Readonly<Record<string, number>>): OpenCritic {
  const settings = Object.fromEntries(
    Object.entries(refusals).map(([form, threshold]) => [`refuses ${form} below`, threshold]),
  );
  return {
    ...opened,
    critic: withRefusalThreshold(opened.critic, ({ question }) => refusals[formOf(question)] ?? 0),
    settings: { ...opened.settings, ...settings },
    calibration: { ...opened.calibration, refusals },
  };
}

/**
 * The critic of a rectification module.
 *
 * @param grounding - the model whose region-text similarity gives the evidence, where the module reads that
 * @throws FgamError `fgam/bad-critic` where it does and there is none
 */
export async function openModuleCritic(
  { evidence, states, describes, ...module }: OpenModule,
  grounding: NamedModel | undefined,
  calibration?: Calibration,
): Promise<OpenCritic> {
  if (evidence === undefined && !states && hasDetector(module.model))
    return openGroundedCritic(
      module.model,
      async () => calibration ?? (await readCalibration(module.folder, GROUNDED)),
    );
  if (evidence === undefined) return openModelCritic(module.model, { states, describes });
  if (grounding !== undefined) return openTextCritic(module, evidence, grounding);
  throw new FgamError<'fgam/bad-critic'>(
    'fgam/bad-critic',
    `${TEXT}${module.folder}: expected a compact model that looks at the images; name one with --grounding`,
  );
}

/**
 * A trained rectification module that reads images; prompts that were cut are reported when it is freed.
 *
 * @param options - `states`: it was trained to say what is true of short questions, before it knows the
 * response; those with words that it lacks it can't have been trained on; `describes`: captions are judged by
 * its own. Default: it gives verdicts
 */
export function openModelCritic(
  model: FgamModel,
  {
    states = false,
    describes = false,
  }: { readonly [Key in keyof ModuleForm]?: ModuleForm[Key] | undefined } = {},
): OpenCritic {
  const module = createGenerator(model, { name: 'rectification module', maxBatch: DECODE_BATCH });
  // What is said before the response is known is the same in every round.
  const generator = states ? createRememberingGenerator(module) : module;
  const prompts = fittedPrompts(model);
  const drafts = paysDrafts(model);
  const knows = (text: string): boolean => knowsWords(model.tokenizer, text);
  const stating = (): DividedPart => ({
    critic: createModelCritic({ generator, drafts, states, formatPrompt: formatStatementPrompt }),
    judges: ({ question }) => isShortQuestion(question) && knows(question),
  });
  const describing = (): DividedPart => ({
    critic: createDescriptionCritic({ generator, drafts, formatPrompt: prompts.formatPrompt }),
    // A caption with other words is of no scene.
    judges: ({ question, response }) => isCaptionQuestion(question) && knows(question) && knows(response),
  });
  return {
    critic: states
      ? createDividedCritic(generator.name, [stating(), ...(describes ? [describing()] : [])])
      : createModelCritic({ generator, drafts, formatPrompt: prompts.formatCriticPrompt }),
    settings: {},
    calibration: { refusals: {} },
    dispose: async () => {
      prompts.report();
      await module.dispose();
    },
  };
}

/** What a grounded critic is opened with: a threshold of existence, and what a report says of it. */
export interface ExistenceCalibration {
  readonly existence?: number | undefined;
  readonly settings?: Readonly<Record<string, number>>;
}

/**
 * A critic by a model's region-text similarity, and by its detections where it has a detection head.
 *
 * @param calibrate - gives the threshold of existence, with the critic's own scorer; undefined for the critic's default
 */
export async function openGroundedCritic(
  model: FgamModel,
  calibrate: (grounding: Grounding) => Promise<ExistenceCalibration | undefined>,
): Promise<OpenCritic> {
  const { grounding, dispose } = openGrounding(model);
  const { existence, settings } = await calibrate(grounding).then(
    (found) => found ?? {},
    async (error: unknown) => {
      await dispose();
      throw error;
    },
  );
  const thresholds = existence === undefined ? {} : { existence };
  return {
    critic: createGroundedCritic({ ...grounding, thresholds }),
    settings: { logitScale: grounding.logitScale, ...settings },
    calibration: { ...thresholds, refusals: {} },
    dispose,
  };
}

/** Finds the threshold of existence on a validation split. */
export function existenceOn(
  data: SceneData,
  signal: AbortSignal,
): (grounding: Grounding) => Promise<ExistenceCalibration> {
  return async (grounding) => {
    const questions = data.questions
      .filter(({ kind }) => kind === 'existence')
      .map((question) => ({ image: imageOf(data, question), question }));
    const { threshold, balancedAccuracy } = await calibrateExistence({ ...grounding, questions }, { signal });
    return {
      existence: threshold,
      settings: { existenceThreshold: threshold, validationBalancedAccuracy: balancedAccuracy },
    };
  };
}

/** A critic that sees the truth: the upper bound, in rows labelled oracle. */
export function openOracleCritic(data: SceneData): OpenCritic {
  const truth = data.questions.map((question) => {
    const sample = data.sampleOf.get(question.sample);
    return { image: imageOf(data, question), question, ...(sample === undefined ? {} : { sample }) };
  });
  return {
    critic: createOracleCritic({ truth }),
    settings: {},
    calibration: { refusals: {} },
    dispose: async () => {},
  };
}
