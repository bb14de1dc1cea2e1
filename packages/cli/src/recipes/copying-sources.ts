import { createRandom, type Question } from '@fgam/data';
import {
  correctedAnswer,
  type CorrectionExample,
  correctionExamples,
  revisionSegments,
} from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';
import { type SceneData, weightedSegments } from '../scene-data.js';
import { segmentTokens } from '../train/row-length.js';
import { captionClauses } from './caption-clauses.js';
import { packRows } from './pack-rows.js';
import type { InstructionTurns } from './scene-sources.js';

/**
 * Tokens of a row, and corrections in it: one of a caption has about 120, 99 of 100 at most 210. Of short
 * ones 11 % have no room and are left out, of captions 18 % (60 scenes).
 */
const SHORT = { length: 128, aRow: 5 };
const CAPTION = { length: 256, aRow: 2 };
/** Parts of each caption, clauses of them at most, and tokens of a row, which has one. */
const PART = { each: 3, clauses: 3, length: 96 };
/**
 * Wrong drafts of each caption: few are met twice, so that words are learned to be copied,
 * not captions to be known.
 */
const CAPTION_DRAFTS = 4;
/** Clauses of mixed captions, and tokens of a row, packed with them: copying of short ones is learned first. */
const MIXED = [
  { name: 'short', least: 1, most: 3, length: 128 },
  { name: 'long', least: 4, most: 7, length: 288 },
] as const;
/** Mixed captions of each kind to a scene. */
const MIXED_DRAFTS = 6;
/** Shares of a draft's clauses that are mistaken, one drawn for each draft. */
export const CAPTION_SHARES = [0.2, 0.5, 0.8];

/** Options of {@link mixedCopyingSources}. */
interface MixedOptions {
  readonly turns: MixedTurns;
  readonly seed: number;
  /** Of the tokenizer, to pack rows. */
  readonly encode: (text: string) => readonly number[];
}

/** Updates of each round that draw mixed captions. */
export type MixedTurns = Readonly<Record<(typeof MIXED)[number]['name'], number>>;

/**
 * Corrections as texts alone: what a reviser says again, and what it takes from the feedback,
 * it need not see. Rows without images cost a fraction, and wrong captions without their images
 * can be made in any number.
 *
 * @param examples - those of the reviser; only refused drafts are taken, and new ones of captions
 */
export function copyingSources(
  { questions, samples }: Pick<SceneData, 'questions' | 'samples'>,
  examples: readonly CorrectionExample[],
  turns: InstructionTurns,
  seed: number,
): TrainingSource[] {
  const captions = questions.filter(isCaption);
  const short = examples.filter(({ question }) => !isCaption(question));
  const imageOf = new Map(samples.map(({ id, image }) => [id, image]));
  const source = (
    name: string,
    from: readonly CorrectionExample[],
    { length, aRow }: typeof SHORT,
    own: number,
  ): TrainingSource => {
    const refused = createRandom(`${name}/${seed}`).shuffle(
      from.filter(({ feedback }) => feedback.verdict === 'revise'),
    );
    const rows = Array.from({ length: Math.ceil(refused.length / aRow) }, (_, row) =>
      refused.slice(row * aRow, (row + 1) * aRow),
    );
    const examplesOf = rows.flatMap((row) => {
      const image = row[0] && imageOf.get(row[0].question.sample);
      const segments = row.flatMap((example) =>
        weightedSegments(example.question, revisionSegments(example)),
      );
      return image === undefined ? [] : [{ image, segments }];
    });
    return { name, examples: examplesOf, length, turns: own, readsImages: false };
  };
  return [
    ...(turns.questions === 0 ? [] : [source('copying', short, SHORT, turns.questions)]),
    ...(turns.captions === 0
      ? []
      : [source('copying of captions', draftsOf(captions, samples, seed), CAPTION, turns.captions)]),
  ].filter(({ examples: rows }) => rows.length > 0);
}

/**
 * Corrections of captions that no image has, as texts alone: clauses that were said of any scenes, in any order and
 * number, drafts of which a share is mistaken, and feedback on all of it. Nothing but the draft and its feedback says
 * what a revision is, so that it is learned to be copied; captions of scenes can be known, and then are guessed.
 */
export function mixedCopyingSources(
  { questions, samples }: Pick<SceneData, 'questions' | 'samples'>,
  { turns, seed, encode }: MixedOptions,
): TrainingSource[] {
  const captions = questions.filter(isCaption);
  const clauses = captions.flatMap(({ answer }) => captionClauses(answer));
  const imageOf = new Map(samples.map(({ id, image }) => [id, image]));
  const asked = MIXED.filter(({ name }) => turns[name] > 0);
  return asked
    .map(({ name, least, most, length }): TrainingSource => {
      const mixed = captions.flatMap((caption) =>
        Array.from({ length: MIXED_DRAFTS }, (_, i): Question => {
          const id = `${caption.id} ${name} ${i}`;
          const random = createRandom(`${seed}/${id}`);
          const said = Array.from({ length: random.int(least, most) }, () => random.pick(clauses));
          return { ...caption, id, answer: `${said.join(' , ')} .` };
        }),
      );
      // Without the samples, which do not show what is said.
      const examples = correctionExamples({
        questions: mixed,
        seed,
        wrongShare: 1,
        captionShares: CAPTION_SHARES,
      });
      const copied = examples.flatMap((example) => {
        const image = imageOf.get(example.question.sample);
        return image !== undefined && isCopied(example)
          ? [{ image, segments: weightedSegments(example.question, revisionSegments(example)) }]
          : [];
      });
      return {
        ...{ name: `copying of mixed captions, ${name}`, length, turns: turns[name], readsImages: false },
        examples: packRows(copied, length, ({ segments }) =>
          segments.reduce((sum, segment) => sum + segmentTokens(segment, encode), 0),
        ).flatMap((row) => {
          const [first] = row;
          const segments = row.flatMap((each) => each.segments);
          return first === undefined ? [] : [{ image: first.image, segments }];
        }),
      };
    })
    .filter(({ examples }) => examples.length > 0);
}

/**
 * Corrections of parts of captions, as texts alone: one to three clauses with up to as many wrong words, so
 * that every word of a vocabulary is copied, names as well as values. What comes of training on answers to
 * questions alone is a model that copies the value out of a text, and leaves the name to chance.
 */
export function partCopyingSource(
  { questions, samples }: Pick<SceneData, 'questions' | 'samples'>,
  seed: number,
): TrainingSource {
  const imageOf = new Map(samples.map(({ id, image }) => [id, image]));
  const parts = questions.filter(isCaption).flatMap((caption) =>
    Array.from({ length: PART.each }, (_, i): Question => {
      const id = `${caption.id} part ${i}`;
      const random = createRandom(`${seed}/${id}`);
      const clauses = random.shuffle(captionClauses(caption.answer));
      return { ...caption, id, answer: `${clauses.slice(0, random.int(1, PART.clauses)).join(' , ')} .` };
    }),
  );
  // Without the samples, of whose objects a part says but a few.
  const examples = correctionExamples({ questions: parts, seed, wrongShare: 1 });
  return {
    name: 'copying of parts',
    length: PART.length,
    examples: examples.flatMap((example) => {
      const image = imageOf.get(example.question.sample);
      return image === undefined ? [] : [{ image, segments: revisionSegments(example) }];
    }),
    readsImages: false,
  };
}

/**
 * Whether a revision is its draft with the corrections in place. Others are the truth in its own order, which nothing
 * that is read tells: a few of them teach to guess.
 */
function isCopied({ question: { question }, response, feedback, revised }: CorrectionExample): boolean {
  return feedback.verdict === 'revise' && correctedAnswer({ question, response, feedback }) === revised;
}

/** Wrong drafts of captions, with their corrections. */
function draftsOf(
  captions: readonly Question[],
  samples: SceneData['samples'],
  seed: number,
): CorrectionExample[] {
  return Array.from({ length: CAPTION_DRAFTS }, (_, i) =>
    correctionExamples({ questions: captions, samples, seed: CAPTION_DRAFTS * seed + i, wrongShare: 1 }),
  ).flat();
}

function isCaption({ kind }: Question): boolean {
  return kind === 'caption';
}
