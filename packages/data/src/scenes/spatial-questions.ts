import { intersectionArea } from '../box.js';
import type { Relation } from '../records.js';
import { inverseRelation, RELATION_PHRASES, relationBetween } from '../relation.js';
import { balancedAnswers, type QuestionDraft } from './question-draft.js';
import type { Random } from './random.js';
import { objectBox, type Scene, type SceneObject, uniqueObjects } from './scene.js';

/** Share of the negatives of a direction that ask for its inverse; the others ask for a direction of the other axis. */
const INVERSE_SHARE = 0.75;

interface Pair {
  readonly a: SceneObject;
  readonly b: SceneObject;
  readonly relation: Relation;
  /** The boxes share no pixel. */
  readonly disjoint: boolean;
}

/**
 * `is the red circle left of the blue square ?`, half of them yes, about kinds that occur once and
 * whose relation is clear.
 *
 * A negative of a direction asks for its inverse, or for the direction of the other axis that points
 * the wrong way (so it is false by the centres too, not only by the dominant axis). A negative of
 * `inside` or `containing` asks for the inverse; one of `overlapping`, its own inverse, asks for two
 * objects that do not touch.
 */
export function spatialQuestions(scene: Scene, random: Random, count: number): QuestionDraft[] {
  const pairs = clearPairs(scene, random);
  const apart = pairs.filter((pair) => pair.disjoint);
  const usable = random.shuffle(pairs.filter((pair) => pair.relation !== 'overlaps' || apart.length > 0));
  if (usable.length === 0) return [];
  const seen = new Set<string>();
  // A pair is asked about once with each answer at most.
  return balancedAnswers(random, Math.min(count, 2 * usable.length)).flatMap(
    (answer, slot): QuestionDraft[] => {
      const pair = usable[slot % usable.length];
      if (!pair) return [];
      for (let attempt = 0; attempt < 8; attempt += 1) {
        const flipped = random.chance(0.5) ? flip(pair) : pair;
        const question =
          answer === 'yes' ? ask(flipped, flipped.relation) : falseQuestion(scene, random, flipped, apart);
        if (seen.has(question)) continue;
        seen.add(question);
        return [{ kind: 'spatial', question, answer }];
      }
      return [];
    },
  );
}

function clearPairs(scene: Scene, random: Random): Pair[] {
  const size = { width: scene.imageSize, height: scene.imageSize };
  const objects = random.shuffle(uniqueObjects(scene));
  return objects.flatMap((a, index) =>
    objects.slice(index + 1).flatMap((b): Pair[] => {
      const [boxA, boxB] = [objectBox(scene, a), objectBox(scene, b)];
      const relation = relationBetween(boxA, boxB, size);
      return relation ? [{ a, b, relation, disjoint: intersectionArea(boxA, boxB) === 0 }] : [];
    }),
  );
}

function flip(pair: Pair): Pair {
  return { ...pair, a: pair.b, b: pair.a, relation: inverseRelation(pair.relation) };
}

function ask(pair: Pair, relation: Relation): string {
  return `is the ${pair.a.kind} ${RELATION_PHRASES[relation]} the ${pair.b.kind} ?`;
}

function falseQuestion(scene: Scene, random: Random, pair: Pair, apart: readonly Pair[]): string {
  if (pair.relation === 'overlaps') return ask(random.pick(apart), 'overlaps');
  const inverse = inverseRelation(pair.relation);
  if (pair.relation === 'contains' || pair.relation === 'inside' || random.chance(INVERSE_SHARE))
    return ask(pair, inverse);
  const [a, b] = [objectBox(scene, pair.a), objectBox(scene, pair.b)];
  const isHorizontal = pair.relation === 'left-of' || pair.relation === 'right-of';
  const offset = isHorizontal ? a.y0 + a.y1 - (b.y0 + b.y1) : a.x0 + a.x1 - (b.x0 + b.x1);
  const isAfter = offset === 0 ? random.chance(0.5) : offset > 0;
  if (isHorizontal) return ask(pair, isAfter ? 'above' : 'below');
  return ask(pair, isAfter ? 'left-of' : 'right-of');
}
