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
/** Of captions that are mistaken throughout: the share in another order, and those with a clause more. */
const REORDERED = 0.5;
const ADDED = 0.2;
/** The share that says a clause again, as models do that lose count. */
const REPEATED = 0.25;
/** Of their mistaken clauses the share that is left out, and of names that of other nouns and of other values. */
const DROPPED = 0.08;
const OTHER_NOUN = 0.5;
const OTHER_VALUE = 0.4;

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
  let clauses = clausesOf(caption, ontology);
  const changes =
    most === undefined
      ? 1 + Number(random.chance(SECOND))
      : random.int(1, Math.max(1, Math.min(most, clauses.length)));
  for (let change = 0; change < changes; change += 1) clauses = changeOne(clauses, random, ontology);
  return joinClauses(
    clauses.map(({ subject, location }) => formatClause(subject, located ? location : undefined, ontology)),
  );
}

/**
 * A caption as a model writes it that hardly sees the image: of a share of its clauses, drawn from `shares`, another
 * name, another place or both; some are left out, in some captions one is added or said again, and half of them have
 * another order.
 */
export function mistakenCaption(
  caption: string,
  random: Random,
  ontology: Ontology,
  shares: readonly number[],
): string {
  const right = clausesOf(caption, ontology);
  const ordered = random.chance(REORDERED) ? random.shuffle(right) : right;
  const share = random.pick(shares);
  const clauses = ordered.flatMap((clause) => {
    if (!random.chance(share)) return [clause];
    return random.chance(DROPPED) ? [] : [mistakenClause(clause, random, ontology)];
  });
  if ((clauses.length === 0 || random.chance(ADDED)) && ontology.nouns.length > 0)
    clauses.splice(random.int(0, clauses.length), 0, anyClause(random, ontology));
  if (clauses.length > 0 && random.chance(REPEATED))
    clauses.splice(random.int(0, clauses.length), 0, random.pick(clauses));
  return joinClauses(clauses.map(({ subject, location }) => formatClause(subject, location, ontology)));
}

/** Another name, another place, or both, each as often; of what is drawn some is as it was. */
function mistakenClause({ subject, location }: Clause, random: Random, ontology: Ontology): Clause {
  const what = random.pick(['name', 'place', 'both']);
  const place = what === 'name' ? location : random.pick(LOCATIONS);
  if (what === 'place') return { subject, location: place };
  const others = Object.entries(ontology.attributes).flatMap(([name, values]) =>
    values.length > 0 && random.chance(OTHER_VALUE) ? [[name, random.pick(values)] as const] : [],
  );
  const attributes = { ...subject.attributes, ...Object.fromEntries(others) };
  const isOther = ontology.nouns.length > 0 && random.chance(OTHER_NOUN);
  const noun = isOther ? random.pick(ontology.nouns) : subject.noun;
  return { subject: { ...subject, noun, attributes }, location: place };
}

/** Any noun with any attributes, anywhere. */
function anyClause(random: Random, ontology: Ontology): Clause {
  const subject = { attributes: anyAttributes(random, ontology), noun: random.pick(ontology.nouns) };
  return { subject, location: random.pick(LOCATIONS) };
}

function anyAttributes(random: Random, ontology: Ontology): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ontology.attributes).flatMap(([name, values]) =>
      values.length > 0 ? [[name, random.pick(values)]] : [],
    ),
  );
}

function clausesOf(caption: string, ontology: Ontology): Clause[] {
  return parseCaption(caption, ontology).flatMap((claim): Clause[] =>
    claim.about === 'object' ? [{ subject: claim.subject, location: claim.location }] : [],
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
  const attributes = anyAttributes(random, ontology);
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
