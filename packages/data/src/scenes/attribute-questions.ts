import { pickRoundRobin, type QuestionDraft } from './question-draft.js';
import type { Random } from './random.js';
import { type Scene, uniqueObjects } from './scene.js';

/**
 * `what size is the red circle ?`, `what texture is the red circle ?` (of kinds that occur once) and
 * `what colour is the triangle ?` (of shapes that occur once), in turn; the answer is drawn first,
 * then an object that has it.
 */
export function attributeQuestions(scene: Scene, random: Random, count: number): QuestionDraft[] {
  const draft = (question: string, answer: string): QuestionDraft => ({
    kind: 'attribute',
    question,
    answer,
  });
  const objects = uniqueObjects(scene);
  const groups = [
    objects.map((object) => draft(`what size is the ${object.kind} ?`, object.size)),
    objects.map((object) => draft(`what texture is the ${object.kind} ?`, object.texture)),
    objects
      .filter(({ shape }) => scene.objects.filter((other) => other.shape === shape).length === 1)
      .map((object) => draft(`what colour is the ${object.shape} ?`, object.colour)),
  ];
  return pickRoundRobin(random, groups, count);
}
