import type { Issue } from '@fgam/data';
import { articleFor } from '@fgam/data';
import type { Claim } from '../claims/claim.js';
import { formatNounPhrase, type NounPhrase } from '../claims/noun-phrase.js';
import type { Ontology } from '../claims/ontology.js';
import { type CaptionClause, parseCaption } from '../claims/parse-caption.js';
import { eachOnce } from './each-once.js';
import { clausePhrase, existencePhrase, noFurtherPhrase } from './phrases.js';

/** What clauses share is worth so much, of two that may be about one object. */
export const WORTH = { noun: 2, place: 2, colour: 2, attribute: 1 } as const;
/** Two clauses are about one object from this on: half of what a clause of scenes says. */
const SAME_OBJECT = 4;

/**
 * What is wrong in a caption, given the true one: clauses are matched to true clauses, the most similar first.
 *
 * A clause that differs from its match is an issue with the true clause as correction: of kind `object` where
 * the noun differs, `attribute` where an attribute does, `relation` where the place does. A clause without a
 * match is an `object` issue (`there is no red circle`, or `no further red circle` where there is one that another
 * clause is about), and so is a true clause that nothing matches (`there is a large blue square at the centre`). The
 * order of clauses does not matter.
 */
export function captionIssues(truth: string, caption: string, ontology: Ontology): Issue[] {
  const truths = clausesOf(truth, ontology);
  const said = clausesOf(caption, ontology);
  const pairs = said
    .flatMap((clause) =>
      truths.map((other) => ({ clause, other, score: similarity(clause, other, ontology) })),
    )
    .filter(({ score }) => score >= SAME_OBJECT)
    .sort((a, b) => b.score - a.score);
  const matches = eachOnce(pairs, ({ clause, other }) => [clause, other]);
  const matchOf = new Map(matches.map(({ clause, other }) => [clause, other]));
  const matched = new Set(matchOf.values());
  const wrong = said.flatMap((clause): Issue[] => {
    const match = matchOf.get(clause);
    if (match) return differenceIssue(clause, match, ontology);
    const kind = kindPhrase(clause.subject, ontology);
    const isThere = truths.some((other) => kindPhrase(other.subject, ontology) === kind);
    const { text: claim } = clause;
    return [
      { kind: 'object', claim, correction: isThere ? noFurtherPhrase(kind) : existencePhrase(kind, false) },
    ];
  });
  const missing = truths
    .filter((clause) => !matched.has(clause))
    .map(
      (clause): Issue => ({ kind: 'object', claim: caption.trim(), correction: clausePhrase(clause.text) }),
    );
  return [...wrong, ...missing];
}

function clausesOf(caption: string, ontology: Ontology): CaptionClause[] {
  return parseCaption(caption, ontology).filter(
    (claim: Claim): claim is CaptionClause => claim.about === 'object',
  );
}

/** The phrase by which existence is asked: colour and noun, as in `red circle`. */
export function kindPhrase(phrase: NounPhrase, ontology: Ontology): string {
  return formatNounPhrase(kindOfPhrase(phrase), ontology);
}

/** Noun and colour of a phrase. */
export function kindOfPhrase({ noun, attributes: { colour } }: NounPhrase): NounPhrase {
  return { noun, attributes: colour === undefined ? {} : { colour } };
}

function valueOf(clause: CaptionClause, attribute: string, ontology: Ontology): string | undefined {
  return clause.subject.attributes[attribute] ?? ontology.unsaid[attribute];
}

function similarity(a: CaptionClause, b: CaptionClause, ontology: Ontology): number {
  const attributes = Object.keys(ontology.attributes);
  const shared = attributes.filter((name) => valueOf(a, name, ontology) === valueOf(b, name, ontology));
  return (
    (a.subject.noun === b.subject.noun ? WORTH.noun : 0) +
    (a.location === b.location ? WORTH.place : 0) +
    shared.reduce((sum, name) => sum + worthOfAttribute(name), 0)
  );
}

/** What all that a clause says is worth, with what it leaves unsaid in the ontology's way. */
export function worthOf({ subject, location }: Omit<CaptionClause, 'text'>, ontology: Ontology): number {
  const said = Object.keys(ontology.attributes).filter(
    (name) => (subject.attributes[name] ?? ontology.unsaid[name]) !== undefined,
  );
  return (
    WORTH.noun +
    (location === undefined ? 0 : WORTH.place) +
    said.reduce((sum, name) => sum + worthOfAttribute(name), 0)
  );
}

/** What a value of an attribute is worth. */
export function worthOfAttribute(name: string): number {
  return name === 'colour' ? WORTH.colour : WORTH.attribute;
}

function differenceIssue(clause: CaptionClause, truth: CaptionClause, ontology: Ontology): Issue[] {
  const differs = (attribute: string) =>
    valueOf(clause, attribute, ontology) !== valueOf(truth, attribute, ontology);
  const kind =
    clause.subject.noun !== truth.subject.noun
      ? 'object'
      : Object.keys(ontology.attributes).some(differs)
        ? 'attribute'
        : clause.location !== truth.location
          ? 'relation'
          : undefined;
  return kind ? [{ kind, claim: clause.text, correction: truth.text }] : [];
}

/** A caption of clauses, in the form of scenes' captions. */
export function joinClauses(clauses: readonly string[]): string {
  return `${clauses.join(' , ')} .`;
}

/** `a small red circle at the top left`. */
export function formatClause(subject: NounPhrase, location: string | undefined, ontology: Ontology): string {
  const name = formatNounPhrase(subject, ontology);
  return `${articleFor(name)} ${name}${location === undefined ? '' : ` at the ${location}`}`;
}
