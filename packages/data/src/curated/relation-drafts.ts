import type { QuestionTruth } from '../records.js';
import { inverseRelation, relationFromPhrase } from '../relation.js';
import { annotatedTriples, isContradicted } from './annotated-triples.js';
import { type CuratedDraft, type DraftContext, evidenceOf, nameable, yesNo } from './curated-draft.js';
import type { PhotoFacts, PhotoObject } from './photo-facts.js';
import { oppositePredicate } from './predicates.js';
import { isOnSide, isSide, type Side, SIDE_PHRASES, sideOf, SIDES } from './sides.js';

/**
 * `Is the dog to the left of the car?` about two things that can be named alone. By geometry: their boxes
 * have the side asked for first of all, or their centres lie clearly the other way. Where annotators relate
 * the two in the same terms and say otherwise, nothing is asked. What they say in other terms (`in front of`)
 * is asked too, and denied by its opposite (`behind`).
 */
export function relationDrafts(context: DraftContext): CuratedDraft[] {
  const { facts, reject } = context;
  const things = nameable(context);
  const bySides = things.flatMap((a) =>
    things.flatMap((b): CuratedDraft[] => {
      if (a === b || a.name === b.name) return [];
      const side = sideOf(a, b, facts.sample);
      if (side === 'overlap' || side === 'margin') {
        reject(side);
        return [];
      }
      const said = saidSides(facts, a, b);
      if (said.some((other) => other === inverseRelation(side))) {
        reject('contradiction');
        return [];
      }
      const rule = said.includes(side) ? 'annotated and geometry' : 'geometry';
      return SIDES.flatMap((asked) => {
        const holds = isOnSide(a, b, asked, facts.sample);
        return holds === undefined ? [] : [askSide(a, b, { asked, side, holds, rule })];
      });
    }),
  );
  return [...bySides, ...predicateDrafts(context, things)];
}

function askSide(
  a: PhotoObject,
  b: PhotoObject,
  {
    asked,
    side,
    holds,
    rule,
  }: {
    readonly asked: Side;
    readonly side: Side;
    readonly holds: boolean;
    readonly rule: QuestionTruth['rule'];
  },
): CuratedDraft {
  const { answer, wrong } = yesNo(holds);
  return {
    kind: 'spatial',
    question: `Is the ${a.name} ${SIDE_PHRASES[asked]} the ${b.name}?`,
    answer,
    truth: {
      type: 'relation',
      fact: `the ${a.name} is ${SIDE_PHRASES[side]} the ${b.name}`,
      wrong,
      steps: [`find the ${a.name}`, `find the ${b.name}`, 'compare their places'],
      ...evidenceOf([a, b]),
      rule,
    },
  };
}

/** The sides that annotators name for two things, either way round. */
function saidSides({ sample }: PhotoFacts, a: PhotoObject, b: PhotoObject): string[] {
  return annotatedTriples(sample).flatMap(({ subject, predicate, object }) => {
    const relation = relationFromPhrase(predicate);
    if (relation === undefined) return [];
    if (subject === a.region.id && object === b.region.id) return [relation];
    return subject === b.region.id && object === a.region.id ? [inverseRelation(relation)] : [];
  });
}

function predicateDrafts({ facts, reject }: DraftContext, things: readonly PhotoObject[]): CuratedDraft[] {
  const thingOf = new Map(things.map((thing) => [thing.region.id, thing]));
  const triples = annotatedTriples(facts.sample);
  return triples.flatMap((triple): CuratedDraft[] => {
    const { predicate } = triple;
    const [a, b] = [thingOf.get(triple.subject), thingOf.get(triple.object)];
    const opposite = oppositePredicate(predicate);
    const relation = relationFromPhrase(predicate);
    if (!a || !b || a.name === b.name || opposite === undefined) return [];
    // The four sides are asked by geometry.
    if (relation !== undefined && isSide(relation)) return [];
    if (isContradicted(triple, triples)) {
      reject('contradiction');
      return [];
    }
    return [true, false].map((holds) => {
      const { answer, wrong } = yesNo(holds);
      return {
        kind: 'spatial',
        question: `Is the ${a.name} ${holds ? predicate : opposite} the ${b.name}?`,
        answer,
        truth: {
          type: 'relation',
          fact: `the ${a.name} is ${predicate} the ${b.name}`,
          wrong,
          steps: [`find the ${a.name}`, `find the ${b.name}`, 'see how they are to each other'],
          ...evidenceOf([a, b]),
          rule: 'annotated',
        },
      };
    });
  });
}
