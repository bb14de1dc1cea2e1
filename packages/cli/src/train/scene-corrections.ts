import { FgamError } from '@fgam/data';
import {
  type CorrectionExample,
  correctionExamples,
  type PromptOptions,
  statedExample,
} from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';
import {
  type CorrectionOptions,
  correctionSources,
  type InstructionTurns,
  instructionSources,
} from '../recipes/scene-sources.js';
import type { SceneData } from '../scene-data.js';
import { copyingSources } from '../recipes/copying-sources.js';
import { readDrafts } from './read-drafts.js';
import type { TrainConfig } from './train-config.js';

/** Updates a round: the shares of a config are taken of these. */
export const ROUND = 20;
/** Of the updates that draw answers, the share that draws captions: they take rows of their own. */
const CAPTION_SHARE = 0.25;
/** Of the updates on texts alone, the share that copies captions: long answers are learned late. */
const COPIED_CAPTIONS = 0.55;
/** Questions of an image that share a row of 96 tokens, two a block of 32. */
const QUESTIONS_A_ROW = 6;

/**
 * Instruction tuning on scenes: questions and captions, and revisions by feedback for a share of the updates, of
 * drafts with injected errors and of a model's own.
 */
export async function sftSources(
  data: SceneData,
  { corrections, drafts, seed }: Pick<TrainConfig, 'corrections' | 'drafts' | 'seed'>,
  prompts: PromptOptions = {},
): Promise<TrainingSource[]> {
  const most = Math.max(1, ...data.samples.map(({ id }) => data.questionsOf.get(id)?.length ?? 0));
  const parts = Math.ceil(most / QUESTIONS_A_ROW);
  const revisions = corrections ? revisionTurns(corrections) : 0;
  const copying = corrections?.copying ?? 0;
  const copies = copying === 0 ? 0 : Math.max(1, Math.round(copying * ROUND));
  if (copies > 0 && revisions + copies > ROUND)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `corrections: expected share and copying to leave each other at least one of ${ROUND} updates, got ${corrections?.share} and ${copying}; lower one of them`,
    );
  const sources = instructionSources(data, { parts, turns: turnsOf(ROUND - revisions - copies), ...prompts });
  if (!corrections) return sources;
  const { questions, samples } = data;
  const { wrongShare } = corrections;
  const examples = correctionExamples({
    questions,
    samples,
    seed,
    ...(wrongShare === undefined ? {} : { wrongShare }),
    ...(drafts === undefined ? {} : { drafts: await readDrafts(drafts) }),
  });
  const captions = Math.round(copies * COPIED_CAPTIONS);
  return [
    ...sources,
    ...correctionSources(data, examples, 'reviser', turnsOf(revisions), prompts),
    ...copyingSources(data, examples, { questions: copies - captions, captions }, seed),
  ];
}

/**
 * Training of the rectification module on scenes: feedback on right and wrong responses, and on a model's own drafts.
 *
 * @param options - `states`: short questions have what is true as feedback on right responses too
 */
export async function rmSources(
  data: SceneData,
  { drafts, wrongShare, seed }: Pick<TrainConfig, 'drafts' | 'wrongShare' | 'seed'>,
  { states = false, ...options }: CorrectionOptions & { readonly states?: boolean } = {},
): Promise<TrainingSource[]> {
  const { questions, samples } = data;
  const examples = correctionExamples({
    questions,
    samples,
    seed,
    ...(wrongShare === undefined ? {} : { wrongShare }),
    ...(drafts === undefined ? {} : { drafts: await readDrafts(drafts) }),
  });
  const stated = (example: CorrectionExample): CorrectionExample => {
    const sample = data.sampleOf.get(example.question.sample);
    return statedExample(example, sample === undefined ? {} : { sample });
  };
  const taught = states ? examples.map(stated) : examples;
  return correctionSources(data, taught, 'critic', turnsOf(ROUND), options);
}

/** Updates of a round that teach to revise. */
export function revisionTurns({ share }: { readonly share: number }): number {
  return Math.max(1, Math.round(share * ROUND));
}

function turnsOf(updates: number): InstructionTurns {
  const captions = Math.round(updates * CAPTION_SHARE);
  return { questions: updates - captions, captions };
}
