import {
  createRandom,
  formatLocation,
  isFgamError,
  objectBox,
  type Question,
  type RegionSample,
  sampleScene,
  describeObject,
  sceneQuestions,
} from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scoreScenes, type ScoreScenesOptions } from './score-scenes.js';

function makeScenes(count: number): { questions: Question[]; samples: RegionSample[] } {
  const scenes = Array.from({ length: count }, (_, index) => sampleScene(createRandom(`bench/${index}`)));
  return {
    questions: scenes.flatMap((scene, index) =>
      sceneQuestions(scene, createRandom(`bench/${index}/questions`), { sample: String(index) }),
    ),
    samples: scenes.map((scene, index) => ({
      id: String(index),
      image: `${index}.png`,
      width: 64,
      height: 64,
      regions: scene.objects.map((object, place) => ({
        id: `${index}/${place}`,
        box: objectBox(scene, object),
        label: object.kind,
        description: describeObject(scene, object),
        source: 'scenes',
      })),
    })),
  };
}

const { questions, samples } = makeScenes(12);
const perfect = questions.map(({ id, answer }) => ({ id, answer }));
const valueOf = (options: Partial<ScoreScenesOptions>, task: string, metric: string): number | undefined =>
  scoreScenes({ questions, samples, predictions: perfect, resamples: 10, ...options }).scores.find(
    (score) => score.task === task && score.metric === metric,
  )?.value;

describe('scoreScenes', () => {
  test('a perfect run scores full on every task', () => {
    const { scores, items, faults } = scoreScenes({
      questions,
      samples,
      predictions: perfect,
      resamples: 50,
    });
    expect([...new Set(scores.map(({ task }) => task))]).toEqual([
      'existence',
      'existence/random',
      'existence/popular',
      'existence/adversarial',
      'spatial',
      'grounding',
      'attribute',
      'reasoning',
      'caption',
    ]);
    for (const { metric, value, interval } of scores) {
      if (metric === 'yesRatio') continue;
      const full = metric.endsWith('allucination') || metric === 'errorRate' ? 0 : 1;
      expect([metric, value, ...interval]).toEqual([metric, full, full, full]);
    }
    expect(items.every(({ right }) => right)).toBe(true);
    expect(Object.values(faults).flat()).toEqual([]);
  });

  test('an empty run scores zero', () => {
    const { scores, faults } = scoreScenes({
      questions,
      samples,
      predictions: [],
      allowMissing: true,
      resamples: 10,
    });
    for (const { metric, value } of scores)
      expect([metric, value]).toEqual([
        metric,
        metric.endsWith('allucination') || metric === 'errorRate' ? 1 : 0,
      ]);
    expect(faults.missing).toHaveLength(questions.length);
  });

  test('the order of rows changes nothing', () => {
    const expected = scoreScenes({ questions, samples, predictions: perfect, resamples: 20 });
    fc.assert(
      fc.property(fc.shuffledSubarray(perfect, { minLength: perfect.length }), (predictions) => {
        expect(scoreScenes({ questions, samples, predictions, resamples: 20 })).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  test('existence worked by hand: 2 true yes, 1 false yes, 3 true no, 2 false no', () => {
    const outcomes = ['yy', 'yy', 'ny', 'nn', 'nn', 'nn', 'yn', 'yn'];
    const word = (letter: string | undefined): string => (letter === 'y' ? 'yes' : 'no');
    const asked = outcomes.map(
      (outcome, index): Question => ({
        id: String(index),
        sample: String(index),
        kind: 'existence',
        setting: 'random',
        question: 'is there a red circle ?',
        answer: word(outcome[0]),
      }),
    );
    const predictions = outcomes.map((outcome, index) => ({ id: String(index), answer: word(outcome[1]) }));
    const of = (metric: string): number | undefined =>
      valueOf({ questions: asked, predictions }, 'existence/random', metric);
    expect(of('accuracy')).toBe(5 / 8);
    expect(of('precision')).toBe(2 / 3);
    expect(of('recall')).toBe(2 / 4);
    expect(of('f1')).toBe(4 / 7);
    expect(of('yesRatio')).toBe(3 / 8);
  });

  test('grounding asks for half of the box', () => {
    const asked: Question[] = [
      {
        id: 'g',
        sample: '0',
        kind: 'grounding',
        question: 'where is the red circle ?',
        answer: '',
        box: { x0: 0.25, y0: 0.25, x1: 0.5, y1: 0.5 },
      },
    ];
    const of = (answer: string): number | undefined =>
      valueOf({ questions: asked, predictions: [{ id: 'g', answer }] }, 'grounding', 'precisionAt50');
    expect(of(formatLocation({ x0: 0.25, y0: 0.25, x1: 0.5, y1: 0.5 }))).toBe(1);
    expect(of('<loc_8> <loc_8> <loc_15> <loc_11>')).toBe(0);
  });

  test('names missing, duplicate, unknown and unparsable rows', () => {
    const [first, second, ...rest] = perfect;
    const predictions = [
      ...rest,
      ...rest.slice(0, 1),
      { id: 'other', answer: 'yes' },
      { id: second?.id ?? '', answer: '' },
    ];
    const run = (allowMissing: boolean): ReturnType<typeof scoreScenes> =>
      scoreScenes({ questions, samples, predictions, allowMissing, resamples: 10 });
    const { faults, items } = run(true);
    expect(faults).toEqual({
      missing: [first?.id],
      duplicate: [rest[0]?.id],
      unknown: ['other'],
      unparsable: [second?.id],
    });
    expect(items.filter(({ right }) => !right).map(({ id }) => id)).toEqual([
      first?.id,
      second?.id,
      rest[0]?.id,
    ]);
    try {
      run(false);
      expect.unreachable();
    } catch (error) {
      expect(isFgamError(error) && error.code).toBe('bench/bad-predictions');
      expect(String(error)).toMatch(/1 missing \(.*1 duplicate \(.*1 unknown \(other\).*1 unparsable/);
    }
  });

  test('refuses captions without their sample', () => {
    expect(() => scoreScenes({ questions, samples: [], predictions: perfect })).toThrow(/samples/);
  });
});
