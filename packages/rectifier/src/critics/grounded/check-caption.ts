import { isDeepStrictEqual } from 'node:util';
import { iou } from '@fgam/data';
import type { Claim, ClaimAbout } from '../../claims/claim.js';
import { isAtLocation, locationOfBox } from '../../claims/locations.js';
import { formatClause, kindOfPhrase, SAME_OBJECT } from '../../truth/caption-issues.js';
import { clausePhrase, existencePhrase } from '../../truth/phrases.js';
import { formatNounPhrase } from '../../claims/noun-phrase.js';
import {
  type CheckContext,
  type ClaimCheck,
  distance,
  fails,
  holds,
  SAME_IOU,
  UNKNOWN,
} from './claim-check.js';
import type { SeenObject } from './image-reading.js';

type Clause = ClaimAbout<'object'>;

/** What an object that is seen is like, as far as a clause says otherwise. */
interface Difference {
  readonly noun: boolean;
  readonly place: boolean;
  /** Attributes that contradict, with the value that is seen and how probable it is. */
  readonly attributes: ReadonlyMap<string, { readonly value: string; readonly probability: number }>;
}

/** A clause and an object that it may be about. */
interface Pair {
  readonly clause: Clause;
  readonly object: SeenObject;
  readonly difference: Difference;
  readonly similarity: number;
}

/**
 * Checks a caption's clauses together: each is matched to one of the objects seen, the most similar first, as
 * `captionIssues` matches them to true clauses. A clause that differs from its object is corrected to what is seen
 * there. One without an object is corrected by `there is no red circle` where no such thing is seen, and one that says
 * again what another clause says, at a place, is named without a correction. Objects that no clause is about and that
 * are surely there are left out (`there is a small red circle at the top`).
 *
 * @returns `checkOf` each clause; `missing`: one for each object that is left out
 */
export function checkCaption(
  clauses: readonly Clause[],
  context: CheckContext,
): { readonly checkOf: ReadonlyMap<Claim, ClaimCheck>; readonly missing: readonly ClaimCheck[] } {
  const { reading, ontology, thresholds, response } = context;
  const known = clauses.filter((clause) => reading.knows(kindOfPhrase(clause.subject)));
  const objects = reading.objects(thresholds.existence);
  const candidates = [...objects, ...known.flatMap((clause) => seenInPlace(clause, objects, context))];
  const pairOf = matched(
    known.flatMap((clause) => candidates.map((object) => pairOfBoth(clause, object, context))),
  );
  const checkOf = new Map(
    clauses.map((clause): [Claim, ClaimCheck] => {
      const pair = pairOf.get(clause);
      if (pair !== undefined) return [clause, checkPair(pair, context)];
      return [clause, known.includes(clause) ? checkUnmatched(clause, context) : UNKNOWN];
    }),
  );
  const told = new Set([...pairOf.values()].map(({ object }) => object));
  const missing = objects
    .filter((object) => !told.has(object) && object.score >= thresholds.missing)
    .map(({ box, score, subject }): ClaimCheck => {
      const correction = clausePhrase(formatClause(subject, locationOfBox(box), ontology));
      return fails({ kind: 'object', claim: response, correction }, { boxes: [box], score }, score);
    });
  return { checkOf, missing };
}

/**
 * What a clause names, in its place, where it is seen and is none of the objects: these leave out what another one
 * covers.
 */
function seenInPlace(
  { subject, location }: Clause,
  objects: readonly SeenObject[],
  { reading, thresholds }: CheckContext,
): SeenObject[] {
  const kind = kindOfPhrase(subject);
  const placed = reading.ground(
    kind,
    (box) => location === undefined || isAtLocation(box, location, thresholds.place),
  );
  if (placed === undefined || placed.score < thresholds.existence) return [];
  const seen = reading.seenAs(kind, placed);
  const isKnown = objects.some(
    (object) =>
      isDeepStrictEqual(kindOfPhrase(object.subject), kindOfPhrase(seen.subject)) &&
      iou(object.box, seen.box) >= SAME_IOU,
  );
  return isKnown ? [] : [seen];
}

/** Of all pairs those that are taken: the most similar first, each clause and each object once. */
function matched(pairs: readonly Pair[]): ReadonlyMap<Clause, Pair> {
  const pairOf = new Map<Clause, Pair>();
  const taken = new Set<SeenObject>();
  for (const pair of pairs
    .filter(({ similarity }) => similarity >= SAME_OBJECT)
    .toSorted((a, b) => b.similarity - a.similarity || b.object.score - a.object.score)) {
    if (pairOf.has(pair.clause) || taken.has(pair.object)) continue;
    pairOf.set(pair.clause, pair);
    taken.add(pair.object);
  }
  return pairOf;
}

function pairOfBoth(clause: Clause, object: SeenObject, context: CheckContext): Pair {
  const difference = differenceOf(clause, object, context);
  const attributes = Object.keys(context.ontology.attributes);
  const shared = attributes.filter((name) => !difference.attributes.has(name));
  const similarity =
    (difference.noun ? 0 : 2) +
    (difference.place ? 0 : 2) +
    shared.reduce((sum, name) => sum + (name === 'colour' ? 2 : 1), 0);
  return { clause, object, difference, similarity };
}

/** What of a clause the image contradicts at an object's box: what is nearly as probable is not. */
function differenceOf(
  { subject, location }: Clause,
  { box, index, subject: seen }: SeenObject,
  { reading, ontology, thresholds }: CheckContext,
): Difference {
  // What is enough for a short answer is enough for a clause.
  const isKind = (reading.evidence(kindOfPhrase(subject))[index] ?? 0) >= thresholds.existence;
  const attributes = new Map<string, { value: string; probability: number }>();
  for (const attribute of Object.keys(ontology.attributes)) {
    const said = subject.attributes[attribute] ?? ontology.unsaid[attribute];
    const value = seen.attributes[attribute];
    if (said === undefined || value === undefined || value === said) continue;
    if (attribute === 'colour') {
      if (!isKind) attributes.set(attribute, { value, probability: 1 });
      continue;
    }
    const [best] = reading.values(index, kindOfPhrase(seen), attribute);
    if (best !== undefined && best.value !== said && best.probability >= thresholds.attribute)
      attributes.set(attribute, best);
  }
  return {
    noun: seen.noun !== subject.noun && !isKind,
    place: location !== undefined && !isAtLocation(box, location, thresholds.place),
    attributes,
  };
}

function checkPair({ clause, object, difference }: Pair, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds } = context;
  const { text, subject, location } = clause;
  const { box, score } = object;
  const { noun, place, attributes } = difference;
  const sure = distance(score, thresholds.existence);
  if (!noun && !place && attributes.size === 0) return holds(sure);
  const values = Object.fromEntries([...attributes].map(([name, { value }]) => [name, value]));
  const seen = {
    noun: noun ? object.subject.noun : subject.noun,
    attributes: { ...subject.attributes, ...values },
  };
  // What is corrected anyway is said to be where it is seen, also where that is hardly elsewhere.
  const correction = formatClause(seen, location === undefined ? undefined : locationOfBox(box), ontology);
  const refuse = (
    kind: 'object' | 'attribute' | 'relation',
    evidence: number,
    confidence: number,
  ): ClaimCheck => fails({ kind, claim: text, correction }, { boxes: [box], score: evidence }, confidence);
  if (noun || attributes.has('colour')) {
    const anywhere = reading.ground(kindOfPhrase(subject))?.score ?? 0;
    // Another clause may be about the one that is there.
    const absence = anywhere < thresholds.existence ? distance(anywhere, thresholds.existence) : 0;
    return refuse(noun ? 'object' : 'attribute', score, Math.max(absence, sure));
  }
  const [first] = attributes.values();
  if (first !== undefined) return refuse('attribute', first.probability, 2 * first.probability - 1);
  return refuse('relation', score, sure);
}

/** A clause that is about none of the objects seen, or about one that another clause is about. */
function checkUnmatched({ text, subject, location }: Clause, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds } = context;
  const kind = kindOfPhrase(subject);
  const anywhere = reading.ground(kind);
  if (!anywhere || Math.abs(anywhere.score - thresholds.existence) < thresholds.band) return UNKNOWN;
  const { box, score } = anywhere;
  const sure = distance(score, thresholds.existence);
  const isThere = score >= thresholds.existence;
  // Prose may name a thing twice; what stands at places is listed.
  if (isThere && location === undefined) return holds(sure);
  return fails(
    {
      ...{ kind: 'object', claim: text },
      ...(isThere ? {} : { correction: existencePhrase(formatNounPhrase(kind, ontology), false) }),
    },
    { boxes: [box], score },
    sure,
  );
}
