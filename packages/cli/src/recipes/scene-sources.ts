import type { Question } from '@fgam/data';
import {
  criticSegments,
  type CorrectionExample,
  type PromptOptions,
  revisionSegments,
} from '@fgam/rectifier';
import type { TrainingExample, TrainingSource } from '@fgam/trainer';
import {
  dealSegments,
  questionSegment,
  type SceneData,
  type Segment,
  weightedSegments,
} from '../scene-data.js';

/** Tokens of a training row, and of the blocks that questions are packed in: two or three fit a block. */
const ROW_LENGTH = 96;
const QUESTION_BLOCK = 32;
/** Questions that share a row with a caption, as far as there is room. */
const BESIDE_CAPTION = 3;
/**
 * A correction repeats the question, the draft and the feedback: of a short answer about 21 tokens (99 of 100
 * have at most 37), of a caption about 100 (99 of 100 at most 210). Five short ones fill a row of their
 * length; a caption has a row alone.
 */
const CORRECTION_LENGTH = { short: 128, caption: 256 };
const CORRECTIONS_A_ROW = 5;

/** Updates of each round that draw from a source. */
export interface InstructionTurns {
  readonly questions: number;
  readonly captions: number;
}

/** How the rows of an image's questions are made. */
export interface InstructionOptions extends PromptOptions {
  /** Rows that an image's questions are dealt over: one visit to an image trains on one row. */
  readonly parts: number;
  readonly turns: InstructionTurns;
}

/** Instruction tuning on scenes: rows of questions, and rows of a caption with a few questions beside it. */
export function instructionSources(
  data: SceneData,
  { parts, turns, ...prompts }: InstructionOptions,
): TrainingSource[] {
  const questionRows = data.samples.flatMap((sample) =>
    dealSegments(segmentsOf(data, sample.id, isNoCaption, prompts), parts, `deal/${sample.id}`).map(
      (segments): TrainingExample => ({ image: sample.image, segments }),
    ),
  );
  const questions: TrainingSource = {
    name: 'questions',
    examples: questionRows,
    length: ROW_LENGTH,
    blockLength: QUESTION_BLOCK,
    turns: turns.questions,
  };
  return [questions, { ...captionSource(data, prompts), turns: turns.captions }].filter(
    (source) => source.turns !== 0,
  );
}

/** Rows of a caption with a few questions beside it, and the regions of its image for losses that read them. */
export function captionSource(data: SceneData, prompts: PromptOptions = {}): TrainingSource {
  const examples = data.samples.map((sample): TrainingExample => {
    const captions = segmentsOf(data, sample.id, ({ kind }) => kind === 'caption', prompts);
    const others = segmentsOf(data, sample.id, isNoCaption, prompts);
    const [beside = []] = dealSegments(others, 1, `beside/${sample.id}`);
    return { image: sample.image, sample, segments: [...captions, ...beside.slice(0, BESIDE_CAPTION)] };
  });
  return { name: 'captions', examples, length: ROW_LENGTH };
}

/** How corrections are written. */
export interface CorrectionOptions extends PromptOptions {
  /** The critic's prompt for questions about a sample. Default: `formatCriticPrompt`. */
  readonly criticPrompt?: (sample: string) => (question: string, response: string) => string;
  /** Corrections of short answers that share a row. Default 5. */
  readonly aRow?: number;
}

/** What corrections teach: to revise a draft by feedback, or to give the feedback. */
export type CorrectionRole = 'reviser' | 'critic';

/**
 * Correction examples as training rows: short answers share rows by image, captions have rows of their own.
 * They are dealt by the samples' ids: a draw by the images' paths would be another in another folder.
 */
export function correctionSources(
  data: SceneData,
  examples: readonly CorrectionExample[],
  role: CorrectionRole,
  turns: InstructionTurns,
  { criticPrompt, aRow = CORRECTIONS_A_ROW, ...prompts }: CorrectionOptions = {},
): TrainingSource[] {
  const segmentsFor = (example: CorrectionExample) =>
    role === 'critic'
      ? criticSegments(example, {
          ...prompts,
          ...(criticPrompt === undefined ? {} : { formatPrompt: criticPrompt(example.question.sample) }),
        })
      : revisionSegments(example, prompts);
  const imageOf = new Map(data.samples.map(({ id, image }) => [id, image]));
  const bySample = new Map<string, { image: string; short: Segment[]; captions: Segment[] }>();
  for (const example of examples) {
    const { sample } = example.question;
    const image = imageOf.get(sample);
    if (image === undefined) continue;
    const own = bySample.get(sample) ?? { image, short: [], captions: [] };
    bySample.set(sample, own);
    const segments = weightedSegments(example.question, segmentsFor(example));
    (example.question.kind === 'caption' ? own.captions : own.short).push(...segments);
  }
  const rows = [...bySample];
  const short = rows.flatMap(([sample, own]) =>
    dealSegments(own.short, Math.ceil(own.short.length / aRow), `${role}/${sample}`).map(
      (segments): TrainingExample => ({ image: own.image, segments }),
    ),
  );
  const captions = rows.flatMap(([, own]) =>
    own.captions.map((segment): TrainingExample => ({ image: own.image, segments: [segment] })),
  );
  const sources: TrainingSource[] = [
    {
      name: role,
      examples: short,
      length: CORRECTION_LENGTH.short,
      turns: turns.questions,
    },
    {
      name: `${role} of captions`,
      examples: captions,
      length: CORRECTION_LENGTH.caption,
      turns: turns.captions,
    },
  ];
  return sources.filter((source) => source.turns !== 0 && source.examples.length > 0);
}

function isNoCaption({ kind }: Question): boolean {
  return kind !== 'caption';
}

function segmentsOf(
  data: SceneData,
  sample: string,
  wanted: (question: Question) => boolean,
  prompts: PromptOptions,
): Segment[] {
  return (data.questionsOf.get(sample) ?? [])
    .filter(wanted)
    .map((question) => questionSegment(question, prompts));
}
