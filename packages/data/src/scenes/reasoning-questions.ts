import type { BoxPixels, Relation } from '../records.js';
import { RELATION_PHRASES, relationBetween } from '../relation.js';
import { pickRoundRobin, type QuestionDraft } from './question-draft.js';
import type { Random } from './random.js';
import { objectBox, type Scene, type SceneObject, uniqueObjects } from './scene.js';

/** The nearest is clear if the next centre is this many times, and this many pixels (of 64), further away. */
const NEAREST_RATIO = 1.2;
const NEAREST_PIXELS = 2;
const DIRECTIONS = ['left-of', 'right-of', 'above', 'below'] as const satisfies readonly Relation[];

/**
 * Two-step questions about kinds that occur once: `what colour is the shape nearest to the red circle ?` and
 * `how many shapes are left of the red circle ?`, in turn; only where the answer is clear, and with answers
 * balanced within the scene.
 */
export function reasoningQuestions(scene: Scene, random: Random, count: number): QuestionDraft[] {
  const objects = uniqueObjects(scene);
  const nearest = objects.flatMap((object) => nearestQuestion(scene, object));
  const counting = objects.flatMap((object) =>
    DIRECTIONS.flatMap((direction) => countQuestion(scene, object, direction)),
  );
  // A scene where only one number is clear has nothing to balance: mostly "0", which would teach to say it unseen.
  const hasChoice = new Set(counting.map((draft) => draft.answer)).size > 1;
  return pickRoundRobin(random, hasChoice ? [nearest, counting] : [nearest], count);
}

function nearestQuestion(scene: Scene, reference: SceneObject): QuestionDraft[] {
  const others = scene.objects
    .filter((other) => other !== reference)
    .map((other) => ({
      other,
      centres: Math.hypot(...centreOffset(reference.box, other.box)),
      gap: gapBetween(reference.box, other.box),
    }))
    .sort((a, b) => a.centres - b.centres);
  const [first, second] = others;
  // With two objects there is nothing to compare.
  if (!first || !second) return [];
  const margin = NEAREST_PIXELS * (scene.imageSize / 64);
  const isClear =
    second.centres >= first.centres * NEAREST_RATIO &&
    second.centres >= first.centres + margin &&
    others.every((each) => each.gap >= first.gap);
  const question = `what colour is the shape nearest to the ${reference.kind} ?`;
  return isClear ? [{ kind: 'reasoning', question, answer: first.other.colour }] : [];
}

/**
 * Counts the objects whose relation to the reference is the direction. Not asked where an object
 * might be counted or not: its relation is masked or another one, yet its centre lies beyond the
 * reference's edge on that side.
 */
function countQuestion(
  scene: Scene,
  reference: SceneObject,
  direction: (typeof DIRECTIONS)[number],
): QuestionDraft[] {
  const size = { width: scene.imageSize, height: scene.imageSize };
  let total = 0;
  for (const other of scene.objects) {
    if (other === reference) continue;
    const relation = relationBetween(objectBox(scene, other), objectBox(scene, reference), size);
    if (relation === direction) total += 1;
    else if (isCentreBeyond(other.box, reference.box, direction)) return [];
  }
  const question = `how many shapes are ${RELATION_PHRASES[direction]} the ${reference.kind} ?`;
  return [{ kind: 'reasoning', question, answer: String(total) }];
}

function isCentreBeyond(
  box: BoxPixels,
  reference: BoxPixels,
  direction: (typeof DIRECTIONS)[number],
): boolean {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  switch (direction) {
    case 'left-of':
      return x < reference.x;
    case 'right-of':
      return x > reference.x + reference.width;
    case 'above':
      return y < reference.y;
    case 'below':
      return y > reference.y + reference.height;
  }
}

function centreOffset(a: BoxPixels, b: BoxPixels): [number, number] {
  return [b.x + b.width / 2 - (a.x + a.width / 2), b.y + b.height / 2 - (a.y + a.height / 2)];
}

/** Pixels between the nearest points of two boxes; 0 if they touch. */
function gapBetween(a: BoxPixels, b: BoxPixels): number {
  const across = Math.max(b.x - (a.x + a.width), a.x - (b.x + b.width), 0);
  const down = Math.max(b.y - (a.y + a.height), a.y - (b.y + b.height), 0);
  return Math.hypot(across, down);
}
