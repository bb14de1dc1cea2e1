import type { Question } from '../records.js';
import { attributeQuestions } from './attribute-questions.js';
import { sceneCaption } from './describe-scene.js';
import { existenceQuestions } from './existence-questions.js';
import { locationQuestions } from './location-questions.js';
import { formatLocation } from './location-words.js';
import { type QuestionCounts, type QuestionDraft, TEST_QUESTIONS } from './question-draft.js';
import type { Random } from './random.js';
import { reasoningQuestions } from './reasoning-questions.js';
import { objectBox, type Scene, uniqueObjects } from './scene.js';
import { spatialQuestions } from './spatial-questions.js';
import type { Kind } from './vocabulary.js';

/** What is asked about a scene. */
export interface SceneQuestionOptions {
  /** Id of the sample that the scene becomes; question ids begin with it. */
  readonly sample: string;
  /** Default `TEST_QUESTIONS`. */
  readonly counts?: QuestionCounts;
  /** The split's kinds, most frequent first (`popularKinds`), for popular negatives. Default: popular is random. */
  readonly popular?: readonly Kind[];
}

/**
 * Questions about a scene, each with its one true answer. A scene with few clear facts gets fewer than asked for.
 *
 * @param random - from `createRandom`; the same source gives the same questions
 * @example
 * ```ts
 * import { createRandom, sampleScene, sceneQuestions } from '@fgam/data';
 *
 * const scene = sampleScene(createRandom('7/test/0'));
 * const questions = sceneQuestions(scene, createRandom('7/test/0/questions'), { sample: '1' });
 * const existence = questions.filter((question) => question.kind === 'existence');
 * const yes = existence.filter((question) => question.answer === 'yes');
 * if (yes.length * 2 !== existence.length) throw new Error('not balanced');
 * ```
 */
export function sceneQuestions(scene: Scene, random: Random, options: SceneQuestionOptions): Question[] {
  const { sample, counts = TEST_QUESTIONS, popular = [] } = options;
  const drafts = [
    ...existenceQuestions(scene, random, counts.existence, popular),
    ...spatialQuestions(scene, random, counts.spatial),
    ...attributeQuestions(scene, random, counts.attribute),
    ...groundingQuestions(scene, random, counts.grounding),
    ...reasoningQuestions(scene, random, counts.reasoning),
    ...locationQuestions(scene, random, counts.location),
    ...captionQuestions(scene, counts.caption),
  ];
  const numbers = new Map<string, number>();
  return drafts.map((draft) => {
    const number = numbers.get(draft.kind) ?? 0;
    numbers.set(draft.kind, number + 1);
    return { id: `${sample}-${draft.kind}-${number}`, sample, ...draft };
  });
}

function groundingQuestions(scene: Scene, random: Random, count: number): QuestionDraft[] {
  return random
    .shuffle(uniqueObjects(scene))
    .slice(0, count)
    .map((object) => {
      const box = objectBox(scene, object);
      return {
        kind: 'grounding',
        question: `where is the ${object.kind} ?`,
        answer: formatLocation(box),
        box,
      };
    });
}

function captionQuestions(scene: Scene, count: number): QuestionDraft[] {
  if (count === 0) return [];
  return [{ kind: 'caption', question: 'describe the image .', answer: sceneCaption(scene) }];
}
