import { KINDS, type Kind, partnerOf, type Random } from '@fgam/data';
import type { NounPhrase } from '../claims/noun-phrase.js';
import type { Ontology } from '../claims/ontology.js';
import { LOCATIONS } from '../claims/locations.js';
import { parseCaption } from '../claims/parse-caption.js';
import { formatClause, joinClauses, kindPhrase } from '../truth/caption-issues.js';

interface Clause {
  readonly subject: NounPhrase;
  readonly location: string | undefined;
}

/** How often each change is drawn. */
const CHANGES = [
  'attribute',
  'attribute',
  'attribute',
  'location',
  'location',
  'noun',
  'add',
  'add',
  'drop',
] as const;
/** Share of wrong captions with a second change. */
const SECOND = 0.3;

/**
 * A caption with changes that a model might make; without places if not `located`.
 *
 * @param options - `most`: changes at most, of which one to as many as there are clauses are made. Default: one or two
 */
export function wrongCaption(
  caption: string,
  random: Random,
  ontology: Ontology,
  options: { readonly located?: boolean; readonly most?: number | undefined } = {},
): string {
  const { located = true, most } = options;
  let clauses = parseCaption(caption, ontology).flatMap((claim): Clause[] =>
    claim.about === 'object' ? [{ subject: claim.subject, location: claim.location }] : [],
  );
  const changes =
    most === undefined
      ? 1 + Number(random.chance(SECOND))
      : random.int(1, Math.max(1, Math.min(most, clauses.length)));
  for (let change = 0; change < changes; change += 1) clauses = changeOne(clauses, random, ontology);
  return joinClauses(
    clauses.map(({ subject, location }) => formatClause(subject, located ? location : undefined, ontology)),
  );
}

function changeOne(clauses: readonly Clause[], random: Random, ontology: Ontology): Clause[] {
  const change = random.pick(CHANGES);
  const at = random.int(0, Math.max(0, clauses.length - 1));
  const clause = clauses[at];
  if (!clause || change === 'add') {
    if (ontology.nouns.length === 0) return [...clauses];
    const place = random.int(0, clauses.length);
    return [...clauses.slice(0, place), extraClause(clauses, random, ontology), ...clauses.slice(place)];
  }
  if (change === 'drop')
    return clauses.length > 1 ? clauses.filter((_, index) => index !== at) : [...clauses];
  return clauses.map((each, index) => (index === at ? changeClause(clause, change, random, ontology) : each));
}

function changeClause(
  clause: Clause,
  change: 'attribute' | 'location' | 'noun',
  random: Random,
  ontology: Ontology,
): Clause {
  const { subject } = clause;
  // Where there is no other value the clause stays: no error, and the caller draws again.
  const other = (values: readonly string[], value: string | undefined): string | undefined => {
    const others = values.filter((each) => each !== value);
    return others.length > 0 ? random.pick(others) : value;
  };
  if (change === 'location') return { subject, location: other(LOCATIONS, clause.location) };
  if (change === 'noun')
    return { ...clause, subject: { ...subject, noun: other(ontology.nouns, subject.noun) ?? subject.noun } };
  const names = Object.keys(ontology.attributes);
  const attribute = names.length > 0 ? random.pick(names) : undefined;
  if (attribute === undefined) return clause;
  const value = other(
    ontology.attributes[attribute] ?? [],
    subject.attributes[attribute] ?? ontology.unsaid[attribute],
  );
  if (value === undefined) return clause;
  return { ...clause, subject: { ...subject, attributes: { ...subject.attributes, [attribute]: value } } };
}

/**
 * An object that is not there, as co-occurrence suggests it: the partner of a kind that is there; else any
 * noun with any attributes.
 */
function extraClause(clauses: readonly Clause[], random: Random, ontology: Ontology): Clause {
  const attributes = Object.fromEntries(
    Object.entries(ontology.attributes).flatMap(([name, values]) =>
      values.length > 0 ? [[name, random.pick(values)]] : [],
    ),
  );
  const location = random.pick(LOCATIONS);
  const kinds = clauses.map(({ subject }) => kindPhrase(subject, ontology));
  const partners = kinds
    .filter((kind): kind is Kind => (KINDS as readonly string[]).includes(kind))
    .map(partnerOf)
    .filter((kind) => !kinds.includes(kind));
  if (partners.length > 0 && random.chance(0.7)) {
    const [colour = '', noun = ''] = random.pick(partners).split(' ');
    return { subject: { noun, attributes: { ...attributes, colour } }, location };
  }
  // A clause that is already there would be no error: the caller draws again.
  return { subject: { noun: random.pick(ontology.nouns), attributes }, location };
}
