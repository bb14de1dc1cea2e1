import { join } from 'node:path';
import {
  type ConversationSegment,
  createRandom,
  type Question,
  readQuestions,
  readScenes,
  type RegionSample,
} from '@fgam/data';
import { formatPrompt, type PromptOptions } from '@fgam/rectifier';

/** A scenes folder as training and evaluation use it. */
export interface SceneData {
  readonly samples: readonly RegionSample[];
  readonly questions: readonly Question[];
  readonly questionsOf: ReadonlyMap<string, readonly Question[]>;
  readonly sampleOf: ReadonlyMap<string, RegionSample>;
}

/** One prompt with its answer and its weight in the loss. */
export interface Segment {
  readonly prompt: string;
  readonly answer: string;
  readonly weight: number;
}

/** Reads a scenes folder through the readers of its official formats. */
export async function readSceneData(folder: string): Promise<SceneData> {
  const { samples } = await readScenes(folder);
  return sceneDataOf(samples, await readQuestions(join(folder, 'questions.jsonl')));
}

/** Annotated images and questions about them, as those of a scenes folder. */
export function sceneDataOf(samples: readonly RegionSample[], questions: readonly Question[]): SceneData {
  const questionsOf = new Map<string, Question[]>();
  for (const question of questions) {
    const known = questionsOf.get(question.sample);
    if (known === undefined) questionsOf.set(question.sample, [question]);
    else known.push(question);
  }
  const sampleOf = new Map(samples.map((sample) => [sample.id, sample]));
  return { samples, questions, questionsOf, sampleOf };
}

/** A scenes folder with its questions but those that ask for a caption. */
export function withoutCaptions(data: SceneData): SceneData {
  const isShort = ({ kind }: Question): boolean => kind !== 'caption';
  return {
    ...data,
    questions: data.questions.filter(isShort),
    questionsOf: new Map([...data.questionsOf].map(([sample, all]) => [sample, all.filter(isShort)])),
  };
}

/**
 * Weight of a question's answer tokens. An answer of one word is a single gradient among a caption's fifty:
 * without weights the caption decides alone what the model learns.
 */
const ANSWER_WEIGHT: Readonly<Record<Question['kind'], number>> = {
  existence: 2,
  spatial: 2,
  attribute: 1,
  grounding: 0.5,
  reasoning: 1,
  location: 1,
  caption: 0.5,
};

/** A question as a segment: its prompt, the paper's unless a template says otherwise, and the true answer. */
export function questionSegment(question: Question, options: PromptOptions = {}): Segment {
  return {
    prompt: formatPrompt(question.question, undefined, options),
    answer: question.answer,
    weight: ANSWER_WEIGHT[question.kind],
  };
}

/** Segments about a question, weighted as its answer is. */
export function weightedSegments(question: Question, segments: readonly ConversationSegment[]): Segment[] {
  const { weight } = questionSegment(question);
  return segments.map((segment) => ({ ...segment, weight }));
}

/**
 * Deals a sample's segments into `parts` rows of about equal length, in a random order of its own: each row
 * is one training example, so that one image meets all its questions over `parts` visits.
 */
export function dealSegments<Item>(items: readonly Item[], parts: number, key: string): Item[][] {
  const shuffled = createRandom(key).shuffle(items);
  return Array.from({ length: parts }, (_, part) =>
    shuffled.filter((_item, index) => index % parts === part),
  );
}
