import type { Question, RegionSample } from '@fgam/data';
import { expect, test } from 'vitest';
import { sampleTruth } from '../report/sample-report.test-support.js';
import { scoreScenes } from '../scenes/score-scenes.js';
import { ERROR_TYPES, type ErrorType } from './error-claims.js';
import { sceneErrors } from './scene-errors.js';

const region = { id: '1', label: 'red circle', source: 'scenes', box: { x0: 0, y0: 0, x1: 0.2, y1: 0.2 } };
const sample: RegionSample = {
  ...{ id: '1', image: '1.png', width: 64, height: 64 },
  regions: [{ ...region, description: 'a small red circle at the top left' }],
};
const question = (id: string, kind: Question['kind'], answer: string): Question => ({
  ...{ id, sample: '1', kind, question: id, answer },
});

test('says by hand what is false, of which type and where', () => {
  const questions = [
    question('caption', 'caption', 'a small red circle at the top left .'),
    question('absent', 'existence', 'no'),
    question('present', 'existence', 'yes'),
    question('colour', 'attribute', 'red'),
    question('left', 'spatial', 'yes'),
    question('steps', 'reasoning', 'blue'),
    question('box', 'grounding', '<loc_0> <loc_0> <loc_9> <loc_9>'),
  ];
  const predictions = [
    // One object that is there, too large and elsewhere, and one that is not.
    { id: 'caption', answer: 'a large red circle at the bottom right , a blue cross .' },
    { id: 'absent', answer: 'yes' },
    // A false no names no object that is not there.
    { id: 'present', answer: 'no' },
    { id: 'colour', answer: 'red' },
    { id: 'left', answer: 'no' },
    { id: 'box', answer: 'nowhere' },
  ];
  const found = sceneErrors({ questions, samples: [sample], predictions, allowMissing: true });
  const of = (type: ErrorType, part: string) =>
    found
      .filter((each) => each.type === type && each.part === part)
      .map(({ errors, claims }) => [errors, claims]);
  expect(of('object', 'captions')).toEqual([[1, 2]]);
  expect(of('attribute', 'captions')).toEqual([[1, 1]]);
  expect(of('relation', 'captions')).toEqual([[1, 1]]);
  expect(of('object', 'questions')).toEqual([[1, 1]]);
  expect(of('attribute', 'questions')).toEqual([[0, 1]]);
  expect(of('relation', 'questions')).toEqual([[1, 1]]);
  // Missing: counts as false.
  expect(of('reasoning', 'questions')).toEqual([[1, 1]]);
  expect(found).toHaveLength(7);
  expect(() => sceneErrors({ questions, samples: [sample], predictions })).toThrow('1 missing (steps)');
});

test('true answers have no error; captions have the rates that the scorer gives', () => {
  const { questions, samples } = sampleTruth(6);
  const truth = questions.map(({ id, answer }) => ({ id, answer }));
  const right = sceneErrors({ questions, samples, predictions: truth });
  for (const type of ERROR_TYPES) {
    const own = right.filter((each) => each.type === type);
    expect(own.reduce((sum, { claims }) => sum + claims, 0)).toBeGreaterThan(0);
    expect(own.reduce((sum, { errors }) => sum + errors, 0)).toBe(0);
  }
  // Each image's caption is that of the next one.
  const captions = questions.filter(({ kind }) => kind === 'caption');
  const moved = truth.map((row) => {
    const place = captions.findIndex(({ id }) => id === row.id);
    return place < 0 ? row : { id: row.id, answer: captions[(place + 1) % captions.length]?.answer ?? '' };
  });
  const { scores } = scoreScenes({ questions, samples, predictions: moved });
  const wrong = sceneErrors({ questions, samples, predictions: moved });
  for (const type of ['object', 'attribute', 'relation'] as const) {
    const own = wrong.filter((each) => each.type === type && each.part === 'captions');
    const sum = (key: 'errors' | 'claims') => own.reduce((total, each) => total + each[key], 0);
    const score = scores.find(({ metric }) => metric === `${type}Hallucination`);
    expect(sum('errors')).toBeGreaterThan(0);
    expect(sum('errors') / sum('claims')).toBe(score?.value);
    expect(sum('claims')).toBe(score?.n);
  }
});
