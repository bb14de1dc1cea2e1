import { RELATION_PHRASES, relationBetween } from '../relation.js';
import { cellWords, locationOf, objectName } from './describe-scene.js';
import { pickRoundRobin, type QuestionDraft } from './question-draft.js';
import type { Random } from './random.js';
import { objectBox, type Scene, uniqueObjects } from './scene.js';
import { articleFor } from './vocabulary.js';

/** The answer about a part of the image that holds no object's centre. */
const NOTHING = 'nothing';

/**
 * Open questions about places, the plainest tie of a place in the image to words:
 * `what is at the top left ?` (all objects whose centre is in that cell, left to right, or `nothing`),
 * `which part is the red circle in ?`, and `where is the red circle from the blue square ?` (one of four
 * directions). A yes/no question about a relation has to be learnt through the product of two unknowns;
 * these have no such hurdle.
 */
export function locationQuestions(scene: Scene, random: Random, count: number): QuestionDraft[] {
  return pickRoundRobin(random, [contents(scene), parts(scene), directions(scene)], count);
}

function contents(scene: Scene): QuestionDraft[] {
  const byCell = new Map<string, string[]>(cellWords().map((cell) => [cell, []]));
  const leftToRight = [...scene.objects].sort(
    (a, b) => a.box.x + a.box.width / 2 - (b.box.x + b.box.width / 2),
  );
  for (const object of leftToRight) {
    const name = objectName(object);
    byCell.get(locationOf(object.box, scene.imageSize))?.push(`${articleFor(name)} ${name}`);
  }
  return [...byCell].map(([cell, names]) => ({
    kind: 'location',
    question: `what is at the ${cell} ?`,
    answer: names.length > 0 ? names.join(' and ') : NOTHING,
  }));
}

function parts(scene: Scene): QuestionDraft[] {
  return uniqueObjects(scene).map((object) => ({
    kind: 'location',
    question: `which part is the ${object.kind} in ?`,
    answer: locationOf(object.box, scene.imageSize),
  }));
}

function directions(scene: Scene): QuestionDraft[] {
  const size = { width: scene.imageSize, height: scene.imageSize };
  const objects = uniqueObjects(scene);
  return objects.flatMap((a) =>
    objects.flatMap((b): QuestionDraft[] => {
      const relation = a === b ? null : relationBetween(objectBox(scene, a), objectBox(scene, b), size);
      if (!relation) return [];
      const question = `where is the ${a.kind} from the ${b.kind} ?`;
      return [{ kind: 'location', question, answer: RELATION_PHRASES[relation] }];
    }),
  );
}
