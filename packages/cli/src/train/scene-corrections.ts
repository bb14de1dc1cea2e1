import { FgamError } from '@fgam/data';
import {
  type CorrectionExample,
  correctionExamples,
  formatStatementPrompt,
  type PromptOptions,
  statedExample,
  statementOf,
} from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';
import {
  type CorrectionOptions,
  correctionSources,
  type InstructionTurns,
  instructionSources,
} from '../recipes/scene-sources.js';
import type { SceneData } from '../scene-data.js';
import { CAPTION_SHARES, copyingSources, mixedCopyingSources } from '../recipes/copying-sources.js';
import { readDrafts } from './read-drafts.js';
import type { StatementConfig, TrainConfig } from './train-config.js';

/** Updates a round: the shares of a config are taken of these. */
export const ROUND = 20;
/** Of the updates that draw answers, the share that draws captions: they take rows of their own. */
const CAPTION_SHARE = 0.25;
/** Of the updates on texts alone, the share that copies captions: long answers are learned late. */
const COPIED_CAPTIONS = 0.55;
/** Statements that share a row of 128 tokens: one takes about 20. */
const STATEMENTS_A_ROW = 6;
/** Questions of an image that share a row of 96 tokens, two a block of 32. */
const QUESTIONS_A_ROW = 6;

/** How {@link sftSources} teaches. */
interface SftOptions extends PromptOptions {
  /** Of the tokenizer: packs the rows of texts alone, which `corrections.copying` asks for. */
  readonly encode?: (text: string) => readonly number[];
}

/**
 * Instruction tuning on scenes: questions and captions, and revisions by feedback for a share of the updates, of
 * drafts with injected errors and of a model's own.
 */
export async function sftSources(
  data: SceneData,
  { corrections, drafts, seed }: Pick<TrainConfig, 'corrections' | 'drafts' | 'seed'>,
  { encode, ...prompts }: SftOptions = {},
): Promise<TrainingSource[]> {
  const parts = rowsOfQuestions(data);
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
    ...(copies === 0 ? {} : { captionShares: CAPTION_SHARES }),
    ...(drafts === undefined ? {} : { drafts: await readDrafts(drafts) }),
  });
  const captions = Math.round(copies * COPIED_CAPTIONS);
  const short = Math.ceil(captions / 2);
  return [
    ...sources,
    ...correctionSources(data, examples, 'reviser', turnsOf(revisions), prompts),
    ...copyingSources(data, examples, { questions: copies - captions, captions: 0 }, seed),
    ...(copies === 0
      ? []
      : mixedCopyingSources(data, {
          turns: { short, long: captions - short },
          seed,
          encode: encode ?? noEncoder,
        })),
  ];
}

function noEncoder(): never {
  throw new Error('corrections.copying: expected encode with it');
}

/** How {@link rmSources} teaches. */
interface RmOptions extends CorrectionOptions {
  /** Short questions have what is true as feedback on right responses too. Default false. */
  readonly states?: boolean;
  /** Updates of each round, of short questions and of captions. Default: a quarter of captions. */
  readonly turns?: InstructionTurns;
}

/**
 * Training of the rectification module on scenes: feedback on right and wrong responses, and on a model's own drafts.
 */
export async function rmSources(
  data: SceneData,
  { drafts, wrongShare, seed }: Pick<TrainConfig, 'drafts' | 'wrongShare' | 'seed'>,
  { states = false, turns = turnsOf(ROUND), ...options }: RmOptions = {},
): Promise<TrainingSource[]> {
  const { questions, samples } = data;
  const examples = correctionExamples({
    questions,
    samples,
    seed,
    ...(wrongShare === undefined ? {} : { wrongShare }),
    ...(drafts === undefined ? {} : { drafts: await readDrafts(drafts) }),
  });
  const taught = states ? examples.map((example) => statedOf(example, data)) : examples;
  return correctionSources(data, taught, 'critic', turns, options);
}

/** Updates of each round in which a module that states what is true does each of what it learns. */
export interface StatementTurns extends InstructionTurns {
  readonly statements: number;
}

/**
 * Training of a rectification module that reads images and says what is true of short questions before it knows
 * the response; beside that it answers questions and writes captions, which teach to see: of a caption's fifty
 * words most tell what is where, of a statement's ten one.
 *
 * @param options - `parts`: rows that an image's questions are dealt over. Default: so that those with the most
 * have room
 * @throws FgamError `data/empty` without a question of which something can be stated
 */
export function statementSources(
  data: SceneData,
  { seed }: Pick<TrainConfig, 'seed'>,
  { turns, parts = rowsOfQuestions(data) }: { readonly turns: StatementTurns; readonly parts?: number },
): TrainingSource[] {
  const { samples, sampleOf } = data;
  const questions = data.questions.filter((question) => {
    const sample = sampleOf.get(question.sample);
    return statementOf(question, sample === undefined ? {} : { sample }) !== undefined;
  });
  if (questions.length === 0)
    throw new FgamError(
      'data/empty',
      'statements: expected short questions in the training split, got none; build scenes that have some',
    );
  const examples = correctionExamples({ questions, samples, seed, wrongShare: 0 });
  return [
    ...instructionSources(data, { parts, turns }),
    ...correctionSources(
      data,
      examples.map((example) => statedOf(example, data)),
      'critic',
      { questions: turns.statements, captions: 0 },
      { criticPrompt: () => formatStatementPrompt, aRow: STATEMENTS_A_ROW },
    ),
  ];
}

function statedOf(example: CorrectionExample, { sampleOf }: SceneData): CorrectionExample {
  const sample = sampleOf.get(example.question.sample);
  return statedExample(example, sample === undefined ? {} : { sample });
}

/** Turns by shares of the updates; statements have what is left, one turn at least. */
export function statementTurns({ answers = 0, captions = 0 }: StatementConfig): StatementTurns {
  const turnsOfShare = (share: number): number => (share === 0 ? 0 : Math.max(1, Math.round(share * ROUND)));
  const [questions, described] = [turnsOfShare(answers), turnsOfShare(captions)];
  return { statements: Math.max(1, ROUND - questions - described), questions, captions: described };
}

/** Rows that the questions of an image are dealt over, so that those with the most have room. */
function rowsOfQuestions({ samples, questionsOf }: SceneData): number {
  const most = Math.max(1, ...samples.map(({ id }) => questionsOf.get(id)?.length ?? 0));
  return Math.ceil(most / QUESTIONS_A_ROW);
}

/** Updates of a round that teach to revise. */
export function revisionTurns({ share }: { readonly share: number }): number {
  return Math.max(1, Math.round(share * ROUND));
}

function turnsOf(updates: number): InstructionTurns {
  const captions = Math.round(updates * CAPTION_SHARE);
  return { questions: updates - captions, captions };
}
