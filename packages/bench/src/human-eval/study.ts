import { createRandom } from '@fgam/data';
import { benchError, listIds } from '../error.js';
import type { Prediction } from '../match-predictions.js';

/** An image with a question about it. */
export interface StudyQuestion {
  readonly id: string;
  /** Path of a PNG, JPEG, WebP or GIF file. */
  readonly image: string;
  readonly question: string;
}

/** A question with the response of each system, in the order of the study's systems. */
export interface StudyItem extends StudyQuestion {
  readonly responses: readonly string[];
}

/** Raters judge responses of several systems; authors correct those of one. */
export type StudyMode = 'rate' | 'author';

/** All that a human evaluation shows, and to whom. */
export interface Study {
  readonly mode: StudyMode;
  readonly systems: readonly string[];
  readonly raters: readonly string[];
  readonly items: readonly StudyItem[];
  /** Of the order of items and responses. */
  readonly seed: number;
}

/** What a study is made of. */
export interface CreateStudyOptions {
  readonly mode: StudyMode;
  readonly questions: readonly StudyQuestion[];
  /** Responses by the system's name; those to other questions are left out. */
  readonly responses: ReadonlyMap<string, readonly Prediction[]>;
  readonly raters: readonly string[];
  readonly seed: number;
  /** Questions drawn at random; default all. */
  readonly count?: number;
}

/**
 * Joins questions and responses by id into a study.
 *
 * @throws FgamError `bench/bad-study` that names what is missing, said twice, or too few of
 * @example
 * ```ts
 * import { createStudy } from '@fgam/bench/human-eval';
 *
 * const study = createStudy({
 *   mode: 'rate',
 *   questions: [{ id: 'q', image: 'a.png', question: 'what is red ?' }],
 *   responses: new Map([
 *     ['base', [{ id: 'q', answer: 'the circle' }]],
 *     ['rectified', [{ id: 'q', answer: 'the square' }]],
 *   ]),
 *   raters: ['anna', 'ben'],
 *   seed: 1,
 * });
 * if (study.items[0]?.responses[1] !== 'the square') throw new Error('not joined');
 * ```
 */
export function createStudy(options: CreateStudyOptions): Study {
  const { mode, questions, responses, raters, seed, count = questions.length } = options;
  const systems = [...responses.keys()];
  if (mode === 'rate' ? systems.length < 2 : systems.length !== 1)
    throw badStudy(
      mode === 'rate' ? 'responses of two or more systems to compare' : 'responses of one system to correct',
      `those of ${systems.length}`,
    );
  refuseNames('raters', raters);
  refuseNames('systems', systems);
  const twice = repeated(questions.map(({ id }) => id));
  if (twice.length > 0) throw badStudy('each question once', `${listIds(twice)} twice; give each an id`);
  if (!(count >= 1 && count <= questions.length))
    throw badStudy(`1 to ${questions.length} questions to show`, `${count}`);
  const chosen =
    count === questions.length
      ? questions
      : createRandom(`${seed}/human-eval/items`).shuffle(questions).slice(0, count);
  const answers = systems.map((name) => answersOf(name, responses.get(name) ?? [], chosen));
  const items = chosen.map(({ id, image, question }) => ({
    ...{ id, image, question },
    responses: answers.map((known) => known.get(id) ?? ''),
  }));
  return { mode, systems, raters, items, seed };
}

function answersOf(
  name: string,
  predictions: readonly Prediction[],
  questions: readonly StudyQuestion[],
): Map<string, string> {
  const twice = repeated(predictions.map(({ id }) => id));
  if (twice.length > 0)
    throw badStudy(`one response of ${name} to a question`, `several to ${listIds(twice)}; keep one of each`);
  const answers = new Map(predictions.map(({ id, answer }) => [id, answer]));
  const missing = questions.filter(({ id }) => !answers.has(id)).map(({ id }) => id);
  if (missing.length > 0)
    throw badStudy(
      `a response of ${name} to each question`,
      `none to ${missing.length} of ${questions.length} (${listIds(missing)}); let it answer these, or leave the questions out`,
    );
  return answers;
}

function refuseNames(what: string, names: readonly string[]): void {
  const twice = repeated(names);
  if (names.length === 0 || twice.length > 0 || names.some((name) => name.trim() === ''))
    throw badStudy(`one or more ${what}, each with a name of its own`, JSON.stringify(names));
}

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(names.filter((name) => seen.size === seen.add(name).size))];
}

function badStudy(expected: string, got: string): Error {
  return benchError('bench/bad-study', `createStudy: expected ${expected}, got ${got}`);
}
