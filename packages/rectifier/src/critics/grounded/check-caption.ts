import { isDeepStrictEqual } from 'node:util';
import type { Claim, ClaimAbout } from '../../claims/claim.js';
import { isAtLocation, locationOfBox } from '../../claims/locations.js';
import { formatNounPhrase, type NounPhrase } from '../../claims/noun-phrase.js';
import { formatClause, kindOfPhrase, WORTH, worthOf, worthOfAttribute } from '../../truth/caption-issues.js';
import { eachOnce } from '../../truth/each-once.js';
import { existencePhrase, noFurtherPhrase } from '../../truth/phrases.js';
import { leftOut } from './check-scene.js';
import { type CheckContext, type ClaimCheck, distance, fails, holds, UNKNOWN } from './claim-check.js';
import type { SeenObject } from './image-reading.js';

/** A clause of a kind that the ontology can tell, with the evidence of that kind at each box. */
interface Clause {
  readonly claim: ClaimAbout<'object'>;
  readonly kind: NounPhrase;
  readonly evidence: readonly number[];
}

/** The most probable value of an attribute, and how probable it is. */
interface Likeliest {
  readonly value: string;
  readonly probability: number;
}

/** An object that a clause may be about, with what each attribute is taken to be. */
interface Candidate {
  readonly object: SeenObject;
  readonly likeliest: ReadonlyMap<string, Likeliest>;
}

/** What the image contradicts of a clause at an object. */
interface Difference {
  readonly noun: boolean;
  readonly place: boolean;
  readonly attributes: ReadonlyMap<string, Likeliest>;
}

/** A clause and an object that it may be about. */
interface Pair {
  readonly clause: Clause;
  readonly candidate: Candidate;
  readonly difference: Difference;
  /** What they share. */
  readonly worth: number;
}

/**
 * Checks a caption's clauses together: each is matched to one of the objects seen, those that share the most first,
 * where they share half of what the clause says (by what noun, place and attributes are worth in `captionIssues`). A
 * clause that differs from its object is corrected to what is seen there. One without an object is corrected by
 * `there is no red circle` where no such thing is seen, and one that says again, at a place, what another clause says
 * by `there is no further red circle`. Objects that no clause is about and that are surely there are left out
 * (`there is a small red circle at the top`).
 *
 * @returns `checkOf` each clause; `missing`: one for each object that is left out
 */
export function checkCaption(
  claims: readonly ClaimAbout<'object'>[],
  context: CheckContext,
): { readonly checkOf: ReadonlyMap<Claim, ClaimCheck>; readonly missing: readonly ClaimCheck[] } {
  const { reading, ontology, thresholds } = context;
  const evidenceOf = new Map<string, readonly number[]>();
  const clauses = claims.flatMap((claim): Clause[] => {
    const kind = kindOfPhrase(claim.subject);
    if (!reading.knows(kind)) return [];
    const key = formatNounPhrase(kind, ontology);
    const evidence = evidenceOf.get(key) ?? reading.evidence(kind);
    evidenceOf.set(key, evidence);
    return [{ claim, kind, evidence }];
  });
  const objects = reading.objects(thresholds.existence);
  const candidates = [...objects, ...seenInPlace(clauses, objects, context)].map((object): Candidate => {
    const kind = kindOfPhrase(object.subject);
    const likeliest = Object.keys(ontology.attributes).flatMap((name): [string, Likeliest][] => {
      const [best] = reading.values(object.index, kind, name);
      return best === undefined ? [] : [[name, best]];
    });
    return { object, likeliest: new Map(likeliest) };
  });
  const pairOf = matched(clauses, candidates, context);
  const checkOf = new Map<Claim, ClaimCheck>(claims.map((claim) => [claim, UNKNOWN]));
  for (const clause of clauses) {
    const pair = pairOf.get(clause);
    checkOf.set(
      clause.claim,
      pair === undefined ? checkUnmatched(clause, context) : checkPair(pair, context),
    );
  }
  const told = new Set([...pairOf.values()].map(({ candidate }) => candidate.object));
  const missing = objects
    .filter((object) => !told.has(object) && object.score >= thresholds.missing)
    .map((object) => leftOut(object, locationOfBox(object.box), context));
  return { checkOf, missing };
}

/**
 * What clauses name, in its place, where it is seen and is none of the objects: these leave out what another one
 * covers.
 */
function seenInPlace(
  clauses: readonly Clause[],
  objects: readonly SeenObject[],
  { reading, thresholds }: CheckContext,
): SeenObject[] {
  const found = new Map<number, SeenObject>();
  const asked = new Map(
    clauses.map(({ claim: { location }, kind }) => [JSON.stringify([kind, location]), { kind, location }]),
  );
  for (const { kind, location } of asked.values()) {
    const placed = reading.ground(
      kind,
      (box) => location === undefined || isAtLocation(box, location, thresholds.place),
    );
    if (placed === undefined || placed.score < thresholds.existence || found.has(placed.index)) continue;
    const seen = reading.seenAs(kind, placed);
    const isKnown = objects.some(
      ({ index, box, subject }) =>
        index === seen.index ||
        (isDeepStrictEqual(kindOfPhrase(subject), kindOfPhrase(seen.subject)) &&
          reading.isSame(box, seen.box)),
    );
    if (!isKnown) found.set(seen.index, seen);
  }
  return [...found.values()];
}

/**
 * The pairs that are taken, each clause and each object once: those that share the most first, of equal ones those
 * where the clause's kind is seen the most surely.
 */
function matched(
  clauses: readonly Clause[],
  candidates: readonly Candidate[],
  context: CheckContext,
): ReadonlyMap<Clause, Pair> {
  const pairs = clauses.flatMap((clause) => {
    const least = worthOf(clause.claim, context.ontology) / 2;
    return candidates
      .map((candidate) => pairOfBoth(clause, candidate, context))
      .filter(({ worth }) => worth >= least);
  });
  const sureness = ({ clause, candidate }: Pair): number => clause.evidence[candidate.object.index] ?? 0;
  const ordered = pairs.sort((a, b) => b.worth - a.worth || sureness(b) - sureness(a));
  const taken = eachOnce(ordered, ({ clause, candidate }) => [clause, candidate]);
  return new Map(taken.map((pair) => [pair.clause, pair]));
}

function pairOfBoth(clause: Clause, candidate: Candidate, context: CheckContext): Pair {
  const difference = differenceOf(clause, candidate, context);
  const lost = [...difference.attributes.keys()].map(worthOfAttribute);
  if (difference.noun) lost.push(WORTH.noun);
  if (difference.place) lost.push(WORTH.place);
  const worth = lost.reduce((left, each) => left - each, worthOf(clause.claim, context.ontology));
  return { clause, candidate, difference, worth };
}

/** What of a clause the image contradicts at an object: what is nearly as probable is not. */
function differenceOf(
  { claim: { subject, location }, evidence }: Clause,
  { object: { box, index, subject: seen }, likeliest }: Candidate,
  { ontology, thresholds }: CheckContext,
): Difference {
  // What is enough for a short answer is enough for a clause.
  const isKind = (evidence[index] ?? 0) >= thresholds.existence;
  const attributes = new Map<string, Likeliest>();
  for (const [name, best] of likeliest) {
    const said = subject.attributes[name] ?? ontology.unsaid[name];
    const value = seen.attributes[name];
    if (said === undefined || value === undefined || value === said) continue;
    if (name === 'colour') {
      if (!isKind) attributes.set(name, { value, probability: 1 });
    } else if (best.value !== said && best.probability >= thresholds.attribute) attributes.set(name, best);
  }
  return {
    noun: seen.noun !== subject.noun && !isKind,
    place: location !== undefined && !isAtLocation(box, location, thresholds.place),
    attributes,
  };
}

function checkPair({ clause, candidate, difference }: Pair, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds } = context;
  const { text, subject, location } = clause.claim;
  const { box, score, subject: is } = candidate.object;
  const { noun, place, attributes } = difference;
  const sure = distance(score, thresholds.existence);
  if (!noun && !place && attributes.size === 0) return holds(sure);
  const values = Object.fromEntries([...attributes].map(([name, { value }]) => [name, value]));
  const seen = { noun: noun ? is.noun : subject.noun, attributes: { ...subject.attributes, ...values } };
  // What is corrected anyway is said to be where it is seen, also where that is hardly elsewhere.
  const correction = formatClause(seen, location === undefined ? undefined : locationOfBox(box), ontology);
  const refuse = (
    kind: 'object' | 'attribute' | 'relation',
    evidence: number,
    confidence: number,
  ): ClaimCheck => fails({ kind, claim: text, correction }, { boxes: [box], score: evidence }, confidence);
  if (noun || attributes.has('colour')) {
    const anywhere = reading.ground(clause.kind)?.score ?? 0;
    // Another clause may be about the one that is there.
    const absence = anywhere < thresholds.existence ? distance(anywhere, thresholds.existence) : 0;
    return refuse(noun ? 'object' : 'attribute', score, Math.max(absence, sure));
  }
  const [first] = attributes.values();
  if (first !== undefined) return refuse('attribute', first.probability, 2 * first.probability - 1);
  return refuse('relation', score, sure);
}

/** A clause that is about none of the objects seen, or about one that another clause is about. */
function checkUnmatched({ claim: { text, location }, kind }: Clause, context: CheckContext): ClaimCheck {
  const { reading, ontology, thresholds } = context;
  const anywhere = reading.ground(kind);
  if (!anywhere || Math.abs(anywhere.score - thresholds.existence) < thresholds.band) return UNKNOWN;
  const { box, score } = anywhere;
  const sure = distance(score, thresholds.existence);
  const isThere = score >= thresholds.existence;
  // Prose may name a thing twice; what stands at places is listed.
  if (isThere && location === undefined) return holds(sure);
  const name = formatNounPhrase(kind, ontology);
  const correction = isThere ? noFurtherPhrase(name) : existencePhrase(name, false);
  return fails({ kind: 'object', claim: text, correction }, { boxes: [box], score }, sure);
}
