import {
  type BoxUnit,
  createRandom,
  type Feedback,
  formatLocation,
  inverseRelation,
  parseLocation,
  type Question,
  type Random,
  type RegionSample,
  type Relation,
  RELATION_PHRASES,
} from '@fgam/data';
import { type Ontology, SCENE_ONTOLOGY, valuesOf } from '../claims/ontology.js';
import { LOCATIONS } from '../claims/locations.js';
import { parseCount, parseRelation, parseValue, parseYesNo } from '../claims/parse-claims.js';
import { parseQuestion } from '../claims/parse-question.js';
import { rectifierError } from '../error.js';
import { feedbackFor } from '../truth/feedback-for.js';
import { noTruth } from '../truth/no-truth.js';
import { mistakenCaption, wrongCaption } from './wrong-caption.js';

/** A plausible wrong response and the true feedback on it. */
export interface InjectedError {
  readonly response: string;
  readonly feedback: Feedback & { readonly verdict: 'revise' };
}

/** Options of {@link injectErrors}. */
export interface InjectErrorsOptions {
  /** With the question's id, decides what is drawn. Default 0. */
  readonly seed?: number;
  /** Distinct wrong responses wanted. Default 1; fewer come where there are no more, such as for yes/no. */
  readonly count?: number;
  /**
   * Most changes of a caption; their number is drawn evenly from 1 to the smaller of this and its clauses.
   * Default: one, with probability 0.3 two.
   */
  readonly captionChanges?: number;
  /**
   * Instead: shares of a caption's clauses, one drawn for each caption, that have another name, another place or
   * both, so that no word of a draft is surely right; half of these captions have another order, too.
   */
  readonly captionShares?: readonly number[];
  /** The annotated image: wrong values, boxes and counts are then taken from what else it shows. */
  readonly sample?: RegionSample;
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
}

const DIRECTIONS = ['left-of', 'right-of', 'above', 'below'] as const satisfies readonly Relation[];
const NOTHING = 'nothing';
/** Drawn responses that turn out right, or known already, are drawn again this many times. */
const TRIES = 12;

/**
 * Wrong responses as a model makes them, with typed feedback: yes for no, another value of the attribute (of
 * another object first), another object's box or a shifted one, a count off by one or two, a caption with one
 * or two clauses changed (colour, size, texture or place swapped), added (the kind that goes with one that is
 * there) or dropped. To a curated question, one of the answers that were checked to be false.
 *
 * @throws FgamError `rectifier/no-truth` as `feedbackFor`; `rectifier/bad-config` for shares that are none
 * @example
 * ```ts
 * import { injectErrors } from '@fgam/rectifier';
 *
 * const asked = { id: '1', sample: '1', question: 'is there a red circle ?' };
 * const question = { ...asked, kind: 'existence', answer: 'yes' } as const;
 * const [error] = injectErrors(question);
 * if (error?.response !== 'no' || error.feedback.text !== 'object : there is a red circle') throw new Error();
 * ```
 */
export function injectErrors(question: Question, options: InjectErrorsOptions = {}): InjectedError[] {
  const { seed = 0, count = 1, captionChanges, captionShares, sample } = options;
  const { ontology = SCENE_ONTOLOGY } = options;
  if (captionShares !== undefined && !areShares(captionShares))
    throw rectifierError(
      'rectifier/bad-config',
      `injectErrors: captionShares: expected one share of 0 to 1 or more, got [${captionShares.join(', ')}]`,
    );
  const random = createRandom(`errors/${seed}/${question.id}`);
  const found = new Map<string, InjectedError>();
  for (let attempt = 0; attempt < count + TRIES && found.size < count; attempt += 1) {
    const response = drawWrong(question, random, { ontology, sample, captionChanges, captionShares });
    if (response === undefined || found.has(response)) continue;
    const feedback = feedbackFor(question, response, { ontology, ...(sample ? { sample } : {}) });
    if (feedback.verdict === 'revise') found.set(response, { response, feedback });
  }
  return [...found.values()];
}

function areShares(values: readonly number[]): boolean {
  return values.length > 0 && values.every((value) => value >= 0 && value <= 1);
}

function drawWrong(
  question: Question,
  random: Random,
  {
    ontology,
    sample,
    captionChanges,
    captionShares,
  }: {
    readonly ontology: Ontology;
    readonly sample: RegionSample | undefined;
    readonly captionChanges: number | undefined;
    readonly captionShares: readonly number[] | undefined;
  },
): string | undefined {
  // These were checked when the question was made.
  if (question.truth) return random.pick(question.truth.wrong);
  const { answer } = question;
  const form = parseQuestion(question.question);
  switch (form?.form) {
    case 'existence':
    case 'spatial':
      return parseYesNo(answer) ? 'no' : 'yes';
    case 'attribute':
    case 'nearest': {
      const values = valuesOf(ontology, form.attribute) ?? [];
      const others = values.filter((value) => value !== parseValue(answer, values));
      const shown = others.filter((value) =>
        sample?.regions.some(({ description }) => description.split(' ').includes(value)),
      );
      if (others.length === 0) return undefined;
      return random.pick(shown.length > 0 && random.chance(0.6) ? shown : others);
    }
    case 'count': {
      const count = parseCount(answer) ?? 0;
      const others = [count - 2, count - 1, count - 1, count + 1, count + 1, count + 2].filter((n) => n >= 0);
      return String(random.pick(others));
    }
    case 'grounding': {
      const box = question.box ?? parseLocation(answer);
      return box && formatLocation(wrongBox(box, random, sample));
    }
    case 'contents':
      return wrongContents(answer, random, ontology, sample);
    case 'part':
      return random.pick(LOCATIONS);
    case 'direction': {
      const truth = parseRelation(answer);
      const likely = truth && random.chance(0.5) ? [inverseRelation(truth)] : DIRECTIONS;
      return RELATION_PHRASES[random.pick(likely)];
    }
    case 'caption':
      return captionShares === undefined
        ? wrongCaption(answer, random, ontology, { most: captionChanges })
        : mistakenCaption(answer, random, ontology, captionShares);
    case undefined:
      throw noTruth(question, 'a question of a known form');
  }
}

/** Nothing, another object of the image, or the true ones with a change. */
function wrongContents(
  answer: string,
  random: Random,
  ontology: Ontology,
  sample: RegionSample | undefined,
): string {
  if (answer !== NOTHING && random.chance(0.3)) return NOTHING;
  const others = sample?.regions.map(({ description }) => description.replace(/ at the .*$/, '')) ?? [];
  if (others.length > 0 && random.chance(0.3)) return random.pick(others);
  const truth = answer === NOTHING ? '' : answer.replaceAll(' and ', ' , ');
  return wrongCaption(truth, random, ontology, { located: false })
    .replace(/ \.$/, '')
    .replaceAll(' , ', ' and ');
}

/** Another object's box, or the box moved by half to one and a half of its size, or shrunk to a part. */
function wrongBox(box: BoxUnit, random: Random, sample: RegionSample | undefined): BoxUnit {
  const others =
    sample?.regions.filter((region) => region.box.x0 !== box.x0 || region.box.y0 !== box.y0) ?? [];
  if (others.length > 0 && random.chance(0.5)) return random.pick(others).box;
  const [width, height] = [box.x1 - box.x0, box.y1 - box.y0];
  const shift = () => (random.chance(0.5) ? 1 : -1) * (0.35 + random.float());
  const [dx, dy] = random.pick([
    [shift(), 0],
    [0, shift()],
    [shift(), shift()],
  ] as const);
  const x0 = within(box.x0 + dx * width, 1 - width);
  const y0 = within(box.y0 + dy * height, 1 - height);
  return { x0, y0, x1: x0 + width, y1: y0 + height };
}

function within(value: number, most: number): number {
  return Math.min(Math.max(0, most), Math.max(0, value));
}
