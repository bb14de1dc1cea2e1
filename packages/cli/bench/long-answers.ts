import {
  COLOURS,
  createRandom,
  type Feedback,
  type Question,
  type Random,
  type RegionSample,
  RELATION_PHRASES,
  SHAPES,
  SIZES,
} from '@fgam/data';

/** Answers of 64 tokens and more: a scene's caption of six objects, and then objects beside each other. */
export interface LongAnswer {
  readonly question: string;
  readonly answer: string;
}

/** A response with words changed, and the feedback that names them. */
export interface WrongAnswer {
  readonly response: string;
  readonly feedback: Feedback;
}

/** Relations that are said after the caption. */
const RELATIONS = 3;
/** Words that one may be taken for another of. */
const SWAPS = [COLOURS, SHAPES, SIZES] as const;
/** Share of responses with a second changed word. */
const SECOND = 0.3;

/** The caption of a scene and the first of its relations, as clauses that critics can read. */
export function longAnswer(caption: Question, { relations = [], regions }: RegionSample): LongAnswer {
  const nameOf = new Map(regions.map(({ id, description }) => [id, description.replace(/ at the .*$/, '')]));
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

/** One or two words of a right answer changed for others of their kind. */
export function wrongAnswer(answer: string, key: string): WrongAnswer {
  const random = createRandom(key);
  let clauses = answer.replace(/ \.$/, '').split(' , ');
  const right = [...clauses];
  const changed = new Set<number>();
  const count = random.chance(SECOND) ? 2 : 1;
  while (changed.size < count) {
    const at = random.int(0, clauses.length - 1);
    if (changed.has(at)) continue;
    changed.add(at);
    clauses = clauses.map((clause, index) => (index === at ? changeWord(clause, random) : clause));
  }
  const response = `${clauses.join(' , ')} .`;
  const issues = [...changed]
    .sort((a, b) => a - b)
    .map((at) => ({ kind: 'attribute' as const, claim: clauses[at] ?? '', correction: right[at] ?? '' }));
  return { response, feedback: { verdict: 'revise', issues, text: '' } };
}

function changeWord(clause: string, random: Random): string {
  const words = clause.split(' ');
  const places = words.flatMap((word, at) => {
    const others = SWAPS.find((set) => (set as readonly string[]).includes(word));
    return others === undefined ? [] : [{ at, others: others.filter((other) => other !== word) }];
  });
  const { at, others } = random.pick(places);
  return words.with(at, random.pick(others)).join(' ');
}
