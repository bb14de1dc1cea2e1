import { FgamError } from '../error.js';
import { type QuestionCounts, TEST_QUESTIONS, TRAIN_QUESTIONS } from './question-draft.js';
import { checkSceneOptions, type SampleSceneOptions } from './sample-scene.js';

/** Image ids of a split follow this number, so that splits can be put together. */
export const ID_OFFSETS = { train: 0, validation: 1_000_000, test: 2_000_000 } as const;
/** Planted co-occurrence: in training a kind brings its partner with this probability; elsewhere never. */
const TRAIN_BIAS = 0.5;

/** A part of a data set. */
export type SceneSplit = 'train' | 'validation' | 'test';

/** What `writeScenes` takes; all but `out`, `onProgress` and `signal` decides what is written. */
export interface WriteScenesOptions extends SampleSceneOptions {
  /** The folder to make. */
  readonly out: string;
  readonly count: number;
  /** An integer; the same seed gives the same scenes, another split of it other scenes. */
  readonly seed: number;
  readonly split: SceneSplit;
  /** Default 0.5 in training, else 0. */
  readonly bias?: number;
  /** Questions a scene. Default `TRAIN_QUESTIONS` or `TEST_QUESTIONS`. */
  readonly questions?: QuestionCounts;
  /** Called after each image. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** All that decides what a scenes folder holds. */
export interface SceneSettings extends Required<SampleSceneOptions> {
  readonly seed: number;
  readonly split: SceneSplit;
  readonly count: number;
  readonly questions: QuestionCounts;
}

/** Fills in the defaults. @throws FgamError `data/bad-config` naming every option that is out of range */
export function checkSettings(options: WriteScenesOptions): SceneSettings {
  const { seed, split, count } = options;
  const faults = [
    ...(Number.isSafeInteger(seed) ? [] : [`seed: expected an integer, got ${seed}`]),
    ...(split in ID_OFFSETS ? [] : [`split: expected train, validation or test, got ${split}`]),
    ...(Number.isInteger(count) && count >= 1 && count < 1_000_000
      ? []
      : [`count: expected an integer from 1 to 999999, got ${count}`]),
  ];
  const isTrain = split === 'train';
  const questions = inOrder(options.questions ?? (isTrain ? TRAIN_QUESTIONS : TEST_QUESTIONS));
  const { existence, ...others } = questions;
  for (const [kind, number] of Object.entries({ ...existence, ...others }))
    if (!(Number.isInteger(number) && number >= 0))
      faults.push(`questions.${kind}: expected a count, got ${number}`);
  if (faults.length > 0) throw new FgamError('data/bad-config', `writeScenes: ${faults.join('; ')}`);
  const scene = checkSceneOptions({ ...options, bias: options.bias ?? (isTrain ? TRAIN_BIAS : 0) });
  return { seed, split, count, ...scene, questions };
}

/** The counts in one order of keys, whatever the caller's: settings are compared as text. */
function inOrder({
  existence,
  spatial,
  attribute,
  grounding,
  reasoning,
  location,
  caption,
}: QuestionCounts): QuestionCounts {
  const { random, popular, adversarial } = existence;
  return {
    existence: { random, popular, adversarial },
    spatial,
    attribute,
    grounding,
    reasoning,
    location,
    caption,
  };
}
