import type { Answerer, Critic, Feedback, Question, RegionSample } from '@fgam/data';
import { expect, test } from 'vitest';
import type { SceneData } from '../scene-data.js';
import { calibrateCritic } from './calibrate-critic.js';
import type { OpenCritic } from './open-critic.js';

const COUNT = 16;
const samples = Array.from({ length: COUNT }, (_, i): RegionSample => {
  return { id: String(i), image: `${i}.png`, width: 64, height: 64, regions: [] };
});
const questions = samples.map(({ id }): Question => {
  return { id: `q${id}`, sample: id, kind: 'existence', question: 'is there a red circle ?', answer: 'no' };
});
const data: SceneData = {
  samples,
  questions,
  questionsOf: new Map(questions.map((question) => [question.sample, [question]])),
  sampleOf: new Map(samples.map((sample) => [sample.id, sample])),
};
/** The first half of the answers is wrong. */
const first = questions.map(({ id }, i) => ({ id, answer: i < COUNT / 2 ? 'yes' : 'no' }));
/** Does what it is told: the other answer. */
const answerer: Answerer = {
  name: 'obedient',
  answer: async (requests) =>
    requests.map(({ revision }) => ({ text: revision?.response === 'yes' ? 'no' : 'yes' })),
};

function criticOf(judge: (response: string) => Feedback): OpenCritic {
  const critic: Critic = {
    name: 'scripted',
    critique: async (requests) => requests.map(({ response }) => judge(response)),
  };
  return { critic, settings: {}, calibration: { refusals: {} }, dispose: async () => {} };
}

const refuse = (confidence: number): Feedback => {
  return { verdict: 'revise', issues: [], text: 'object : look again', confidence };
};
const request = (response: string) => ({ image: '0.png', question: 'is there a red circle ?', response });
const options = { answerer, validation: data, first, rounds: 1, signal: new AbortController().signal };

test('refusals that gained on validation scenes stand', async () => {
  const helpful = criticOf((response) =>
    response === 'yes' ? refuse(0.9) : { verdict: 'accept', confidence: 0.6 },
  );
  const { critic, settings } = await calibrateCritic(helpful, options);
  // Eight gains at score 0.1, nothing above: the threshold lies halfway to 1.
  expect(settings['refuses existence below']).toBeCloseTo(0.55, 12);
  expect(await critic.critique([request('yes'), request('no')])).toEqual([
    refuse(0.9),
    { verdict: 'accept', confidence: 0.6 },
  ]);
});

test('refusals that broke right answers become acceptances', async () => {
  const harmful = criticOf((response) => (response === 'no' ? refuse(0.9) : { verdict: 'accept' }));
  const { critic, settings } = await calibrateCritic(harmful, options);
  expect(settings['refuses existence below']).toBe(0);
  const [verdict] = await critic.critique([request('no')]);
  expect(verdict?.verdict).toBe('accept');
});

test('a caption that says less is not a better one', async () => {
  const descriptions = ['a small red circle at the top left', 'a large blue square at the centre'];
  const regions = descriptions.map((description, i) => {
    const box = { x0: 0.4 * i, y0: 0.4 * i, x1: 0.4 * i + 0.2, y1: 0.4 * i + 0.2 };
    return {
      id: String(i),
      box,
      label: description.split(' ').slice(2, 4).join(' '),
      description,
      source: 'scenes',
    };
  });
  const pictures = samples.map((sample): RegionSample => ({ ...sample, regions }));
  const captions = questions.map((question): Question => {
    const answer = `${descriptions.join(' , ')} .`;
    return { ...question, kind: 'caption', question: 'describe the image .', answer };
  });
  const validation: SceneData = {
    samples: pictures,
    questions: captions,
    questionsOf: new Map(captions.map((question) => [question.sample, [question]])),
    sampleOf: new Map(pictures.map((sample) => [sample.id, sample])),
  };
  // Two objects found and one false size, 2 - 1 = 1; the revision names one object, 1 - 0 = 1.
  const draft = 'a large red circle at the top left , a large blue square at the centre .';
  const terse: Answerer = {
    name: 'terse',
    answer: async (requests) => requests.map(() => ({ text: 'a large blue square at the centre .' })),
  };
  const { settings } = await calibrateCritic(
    criticOf(() => refuse(0.9)),
    { ...options, answerer: terse, validation, first: captions.map(({ id }) => ({ id, answer: draft })) },
  );
  expect(settings['refuses caption below']).toBe(0);
});
