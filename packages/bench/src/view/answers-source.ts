import { resolve } from 'node:path';
import type { Question, RegionSample, Trajectory } from '@fgam/data';
import type { Prediction } from '../match-predictions.js';
import { isRight } from '../scenes/is-right.js';
import { readImageFile } from './read-image-file.js';
import { rowAt } from './row-at.js';
import { textChanges } from './text-changes.js';
import type { ViewBadge, ViewRow, ViewSource, ViewStory } from './view-source.js';

/** What {@link answersSource} shows. */
export interface AnswersInput {
  readonly title: string;
  /** Predictions (one answer each), or trajectories. */
  readonly answers: readonly (Prediction | Trajectory)[];
  /** What was asked: it gives the truth, by id. */
  readonly questions?: readonly Question[];
  /** What the questions are about: it gives images and boxes, by id. */
  readonly samples?: readonly RegionSample[];
  /** Folder that the images of trajectories without a sample are relative to. Default: the current one. */
  readonly images?: string;
}

/**
 * Predictions or trajectories, for `serveView`: round by round, with what changed, and beside the
 * truth where that is given.
 *
 * @example
 * ```ts
 * import { answersSource } from '@fgam/bench/view';
 *
 * const attempts = [{ response: 'a red cup' }, { response: 'a blue cup' }];
 * const answers = [{ id: 'q', image: 'q.png', question: 'what is there ?', attempts, final: 'a blue cup', stop: 'accepted' }] as const;
 * const { story } = await answersSource({ title: 'one', answers }).detail(0);
 * const added = story?.rounds[1]?.changes?.filter(({ kind }) => kind === 'added');
 * if (added?.map(({ text }) => text).join() !== 'blue') throw new Error('another change');
 * ```
 */
export function answersSource(input: AnswersInput): ViewSource {
  const { title, answers, questions = [], samples = [], images = '.' } = input;
  const questionOf = new Map(questions.map((question) => [question.id, question]));
  const sampleOf = new Map(samples.map((sample) => [sample.id, sample]));
  const pathOf = (answer: Prediction | Trajectory): string | undefined => {
    const sample = sampleOf.get(questionOf.get(answer.id)?.sample ?? '');
    return sample?.image ?? ('image' in answer ? resolve(images, answer.image) : undefined);
  };
  return {
    title,
    noun: answers.some((answer) => 'attempts' in answer) ? 'trajectories' : 'predictions',
    rows: answers.map((answer) => answerRow(answer, questionOf.get(answer.id))),
    filters: ['kind', 'verdict', 'change', 'ended', 'rounds'],
    state: () => ({ done: true }),
    detail: async (row) => {
      const answer = rowAt(answers, row);
      const question = questionOf.get(answer.id);
      const sample = sampleOf.get(question?.sample ?? '');
      const path = pathOf(answer);
      return {
        title: answer.id,
        facts: [
          ...(question ? [['kind', question.kind] as const] : []),
          ...(sample ? [['sample', sample.id] as const] : []),
          ...(path === undefined ? [] : [['image', path] as const]),
        ],
        hasImage: path !== undefined,
        ...(sample ? { sample } : {}),
        story: storyOf(answer, question),
      };
    },
    image: async (row) => {
      const path = pathOf(rowAt(answers, row));
      return path === undefined ? undefined : readImageFile(path);
    },
    close: () => undefined,
  };
}

function storyOf(answer: Prediction | Trajectory, question: Question | undefined): ViewStory {
  const verdict = (response: string) => (question ? { right: isRight(question, response) } : {});
  const truth = question ? { question: question.question, truth: question.answer } : {};
  if (!('attempts' in answer))
    return { ...truth, rounds: [{ response: answer.answer, ...verdict(answer.answer) }] };
  const { attempts, final, stop } = answer;
  return {
    question: answer.question,
    ...truth,
    rounds: attempts.map((attempt, index) => {
      const before = attempts[index - 1];
      return {
        ...attempt,
        ...verdict(attempt.response),
        ...(before ? { changes: textChanges(before.response, attempt.response) } : {}),
      };
    }),
    end: { final, stop, ...verdict(final) },
  };
}

function answerRow(answer: Prediction | Trajectory, question: Question | undefined): ViewRow {
  const first = 'attempts' in answer ? (answer.attempts[0]?.response ?? '') : answer.answer;
  const final = 'attempts' in answer ? answer.final : answer.answer;
  const asked = question?.question ?? ('question' in answer ? answer.question : '');
  const verdict = question && (isRight(question, final) ? 'right' : 'wrong');
  const change = 'attempts' in answer ? changeOf(first, final, question) : undefined;
  const badges: ViewBadge[] = [];
  if (verdict) badges.push({ text: verdict, tone: verdict === 'right' ? 'good' : 'bad' });
  if (change === 'fixed' || change === 'changed') badges.push({ text: change });
  if (change === 'broken') badges.push({ text: change, tone: 'bad' });
  const responses =
    'attempts' in answer
      ? answer.attempts.flatMap(({ response, feedback }) => [
          response,
          ...(feedback?.verdict === 'revise' ? [feedback.text] : []),
        ])
      : [final];
  const known = (value: string | undefined) => (value === undefined ? [] : [value]);
  return {
    title: asked === '' ? answer.id : asked,
    note: first === final ? final : `${first} → ${final}`,
    badges,
    text: [answer.id, asked, ...responses, final, question?.answer ?? ''].join('\n').toLowerCase(),
    facets: {
      kind: known(question?.kind),
      verdict: known(verdict),
      change: known(change),
      ended: 'attempts' in answer ? [answer.stop] : [],
      rounds: 'attempts' in answer ? [String(answer.attempts.length - 1)] : [],
    },
  };
}

/** What the rounds did to the answer, held against the truth where that is known. */
function changeOf(first: string, final: string, question: Question | undefined): string {
  if (!question) return first === final ? 'unchanged' : 'changed';
  const [was, is] = [isRight(question, first), isRight(question, final)];
  if (was === is) return is ? 'still right' : 'still wrong';
  return is ? 'fixed' : 'broken';
}
