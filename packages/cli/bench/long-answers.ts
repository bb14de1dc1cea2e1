import {
  COLOURS,
  createRandom,
  type Issue,
  type Question,
  type Random,
  type RegionSample,
  RELATION_PHRASES,
  SHAPES,
  SIZES,
} from '@fgam/data';
import { captionClauses } from '../src/recipes/caption-clauses.js';

/** Answers of 64 tokens and more: a scene's caption of six objects, and then objects beside each other. */
export interface LongAnswer {
  readonly question: string;
  readonly answer: string;
}

/** A response with words changed, and an issue for each of them. */
export interface PoorAnswer {
  readonly response: string;
  readonly issues: readonly Issue[];
}

/** Relations that are said after the caption. */
const RELATIONS = 3;
/** Words that one may be taken for another of. */
const SWAPS = [COLOURS, SHAPES, SIZES] as const;
/** Clauses at most that have a wrong word: first answers of compact models have as many. */
const MOST_WRONG = 6;
/** Share of wrong clauses that are another one again: such models repeat themselves. */
const REPEATED = 0.3;
/** Share of wrong clauses of mixed answers about things that are not there at all. */
const ABSENT = 0.25;
/** Share of other wrong clauses of mixed answers that should be another altogether, not in a word. */
const WHOLE = 0.5;
/** A clause about two things. */
const RELATED = new RegExp(`^(an? .+?) (${Object.values(RELATION_PHRASES).join('|')}) (an? .+)$`);

/** The caption of a scene and the first of its relations, as clauses that critics can read. */
export function longAnswer(caption: Question, { relations = [], regions }: RegionSample): LongAnswer {
  const nameOf = new Map(regions.map(({ id, description }) => [id, withoutPlace(description)]));
  const said = relations
    .slice(0, RELATIONS)
    .map(
      ({ subject, relation, object }) =>
        `${nameOf.get(subject)} ${RELATION_PHRASES[relation]} ${nameOf.get(object)}`,
    );
  return {
    question: caption.question,
    answer: `${[caption.answer.replace(/ \.$/, ''), ...said].join(' , ')} .`,
  };
}

/**
 * A right answer some of whose clauses have a word changed, or are others said again.
 *
 * @param count - clauses that are changed. Default: none to six
 */
export function poorAnswer(answer: string, key: string, count?: number): PoorAnswer {
  const random = createRandom(key);
  const right = captionClauses(answer);
  const places = random.shuffle(right.map((_, at) => at)).slice(0, count ?? random.int(0, MOST_WRONG));
  const wrong = (clause: string) =>
    random.chance(REPEATED) ? random.pick(right) : changeWord(clause, random);
  const said = right.map((clause, at) => (places.includes(at) ? wrong(clause) : clause));
  const issues = right.flatMap((correction, at) => {
    const claim = said[at] ?? '';
    return claim === correction ? [] : [{ kind: 'attribute' as const, claim, correction }];
  });
  return { response: `${said.join(' , ')} .`, issues };
}

/** Clauses of right answers, to make others of. */
export interface KnownClauses {
  readonly all: readonly string[];
  /** Those about one thing at its place. */
  readonly placed: readonly string[];
  /** Their things. */
  readonly things: readonly string[];
}

/** Sorts clauses of right answers by what they can stand for. */
export function sortClauses(all: readonly string[]): KnownClauses {
  const placed = all.filter((clause) => !RELATED.test(clause));
  return { all, placed, things: placed.map(withoutPlace) };
}

/**
 * Wrong answers of clauses that were said of any scene, in any order: nothing but the response and its
 * feedback says what a revision is. Some clauses are said twice, and some are of things that are not there.
 * What is found wrong is of the forms that the grounded critic has: a clause that should be another, in a
 * word or in all of it, something that is not there, a relation, and one of the things in it.
 *
 * @param length - clauses of an answer
 */
export function mixedAnswer(clauses: KnownClauses, length: number, key: string): PoorAnswer {
  const random = createRandom(key);
  const right = Array.from({ length }, () => random.pick(clauses.all));
  const again = right.map((clause, at) =>
    at > 0 && random.chance(REPEATED / 2) ? (right[random.int(0, at - 1)] as string) : clause,
  );
  const places = random.shuffle(again.map((_, at) => at)).slice(0, random.int(1, 2));
  const issues: Issue[] = [];
  const said = again.map((clause, at) => {
    if (!places.includes(at)) return clause;
    if (RELATED.test(clause)) {
      issues.push(relationIssue(clause, clauses.things, random));
      return clause;
    }
    if (random.chance(ABSENT)) {
      issues.push(absence(clause, withoutPlace(clause)));
      return clause;
    }
    if (random.chance(WHOLE)) {
      const correction = random.pick(clauses.placed);
      if (correction !== clause) issues.push({ kind: 'object', claim: clause, correction });
      return clause;
    }
    const claim = changeWord(clause, random);
    if (claim !== clause) issues.push({ kind: 'attribute', claim, correction: clause });
    return claim;
  });
  return { response: `${said.join(' , ')} .`, issues: random.shuffle(issues) };
}

/** What is wrong with a relation: itself, or one of its things, which is another or not there. */
function relationIssue(clause: string, things: readonly string[], random: Random): Issue {
  const [, subject = '', said, object = ''] = RELATED.exec(clause) ?? [];
  if (random.chance(WHOLE)) {
    const others = Object.values(RELATION_PHRASES).filter((phrase) => phrase !== said);
    const [a, b] = [subject, object].map((phrase) => phrase.replace(/^an? /, 'the '));
    return { kind: 'relation', claim: clause, correction: `${a} is ${random.pick(others)} ${b}` };
  }
  const claim = random.pick([subject, object]);
  const correction = random.pick(things);
  return random.chance(ABSENT) || correction === claim
    ? absence(claim, claim)
    : { kind: 'object', claim, correction };
}

/** That a thing which is claimed is not there, by its colour and shape. */
function absence(claim: string, thing: string): Issue {
  return { kind: 'object', claim, correction: `there is no ${thing.split(' ').slice(-2).join(' ')}` };
}

function withoutPlace(text: string): string {
  return text.replace(/ at the .*$/, '');
}

/** As it is where it has no word to change. */
function changeWord(clause: string, random: Random): string {
  const words = clause.split(' ');
  const places = words.flatMap((word, at) => {
    const others = SWAPS.find((set) => (set as readonly string[]).includes(word));
    return others === undefined ? [] : [{ at, others: others.filter((other) => other !== word) }];
  });
  if (places.length === 0) return clause;
  const { at, others } = random.pick(places);
  return words.with(at, random.pick(others)).join(' ');
}
