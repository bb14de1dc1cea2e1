import { intersectionArea } from '../box.js';
import type { QuestionTruth, RegionSample } from '../records.js';
import { relationFromPhrase } from '../relation.js';
import { annotatedTriples, isContradicted } from './annotated-triples.js';
import { photoFacts, type PhotoFacts, type PhotoObject, thingsCalled, unnameable } from './photo-facts.js';
import { oppositePredicate } from './predicates.js';
import { isOnSide, isSide, OPPOSITE_SIDES, type Side, SIDE_PHRASES, sideOf } from './sides.js';

/** A relation of two things, and the one that is false of them. */
export interface PhotoEdge {
  readonly subject: PhotoObject;
  readonly object: PhotoObject;
  /** As it follows `is`: `to the left of`, `in front of`. */
  readonly phrase: string;
  readonly opposite: string;
  readonly rule: QuestionTruth['rule'];
}

/** What an image shows: things that can be named alone, and relations of them that are clear. */
export interface PhotoGraph {
  readonly facts: PhotoFacts;
  readonly things: readonly PhotoObject[];
  readonly edges: readonly PhotoEdge[];
}

/**
 * The scene graph of an annotated image: its annotators' own relations where they have an opposite and nobody
 * contradicts them, and the sides of boxes that do not touch, each pair once.
 *
 * @example
 * ```ts
 * import { photoGraph } from '@fgam/data';
 * const region = (label: string, x0: number) => ({
 *   ...{ id: label, label, description: `a ${label}`, source: 'coco' },
 *   box: { x0, y0: 0.4, x1: x0 + 0.2, y1: 0.6 },
 * });
 * const regions = [region('car', 0.1), region('dog', 0.7)];
 * const { edges } = photoGraph({ id: 'p', image: 'p.jpg', width: 100, height: 100, regions });
 * const said = edges.map(({ subject, phrase, object }) => `${subject.name} ${phrase} ${object.name}`);
 * if (said.join() !== 'car to the left of dog') throw new Error(said.join());
 * const [edge] = edges;
 * if (edge?.opposite !== 'to the right of' || edge.rule !== 'geometry') throw new Error(edge?.opposite);
 * ```
 */
export function photoGraph(sample: RegionSample): PhotoGraph {
  const facts = photoFacts(sample);
  const things = facts.objects.filter((object) => unnameable(facts, object) === undefined);
  const annotated = annotatedEdges(facts, things);
  const isKnown = (a: PhotoObject, b: PhotoObject) =>
    annotated.some(
      ({ subject, object }) => (subject === a && object === b) || (subject === b && object === a),
    );
  const bySides = things.flatMap((a, i) =>
    things.slice(i + 1).flatMap((b): PhotoEdge[] => {
      const side = sideOf(a, b, sample);
      if (
        isKnown(a, b) ||
        side === 'overlap' ||
        side === 'margin' ||
        intersectionArea(a.region.box, b.region.box) > 0
      )
        return [];
      return [edge(a, b, side, 'geometry')];
    }),
  );
  return { facts, things, edges: [...annotated, ...bySides] };
}

function edge(subject: PhotoObject, object: PhotoObject, side: Side, rule: PhotoEdge['rule']): PhotoEdge {
  return { subject, object, phrase: SIDE_PHRASES[side], opposite: SIDE_PHRASES[OPPOSITE_SIDES[side]], rule };
}

function annotatedEdges({ sample }: PhotoFacts, things: readonly PhotoObject[]): PhotoEdge[] {
  const thingOf = new Map(things.map((thing) => [thing.region.id, thing]));
  const triples = annotatedTriples(sample);
  const seen = new Set<string>();
  return triples.flatMap((triple): PhotoEdge[] => {
    const { subject, predicate, object } = triple;
    const [a, b] = [thingOf.get(subject), thingOf.get(object)];
    const opposite = oppositePredicate(predicate);
    if (!a || !b || a === b || opposite === undefined || seen.has(`${subject}\0${predicate}\0${object}`))
      return [];
    seen.add(`${subject}\0${predicate}\0${object}`);
    if (isContradicted(triple, triples)) return [];
    const relation = relationFromPhrase(predicate);
    if (relation === undefined || !isSide(relation))
      return [{ subject: a, object: b, phrase: predicate, opposite, rule: 'annotated' }];
    // A side has to be that of the boxes too.
    const side = sideOf(a, b, sample);
    return side === relation ? [edge(a, b, side, 'annotated and geometry')] : [];
  });
}

/** Whether a side is false of all that two names may mean: no pair is so, nor may one be taken to be. */
export function isNowhere(
  facts: PhotoFacts,
  { subject, side, object }: { readonly subject: string; readonly side: Side; readonly object: string },
): boolean {
  const objects = thingsCalled(facts, object);
  return thingsCalled(facts, subject).every((a) =>
    objects.every((b) => a === b || isOnSide(a, b, side, facts.sample) === false),
  );
}
