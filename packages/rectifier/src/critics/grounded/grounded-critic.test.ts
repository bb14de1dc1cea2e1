import { isDeepStrictEqual } from 'node:util';
import {
  type BoxUnit,
  type Critic,
  type Detection,
  type Detector,
  formatLocation,
  iou,
  parseLocation,
  type Question,
  type RegionTextScorer,
} from '@fgam/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { injectErrors } from '../../examples/inject-errors.js';
import { formatFeedback } from '../../feedback/format-feedback.js';
import { idealScorer, pictureScenes } from '../../test-support.js';
import { criticContract } from '../critic-contract.test-support.js';
import { calibrateExistence } from './calibrate-existence.js';
import { createGroundedCritic } from './grounded-critic.js';

const scenes = await pictureScenes(60, 5);
const scorer = idealScorer(scenes);
/** Existence is calibrated on the first half, and the critic tried on the second. */
const [calibration, test] = [scenes.slice(0, 30), scenes.slice(30)];
const settings = { scorer, logitScale: 30, thresholds: { existence: 0.22 } };

criticContract(
  'the grounded critic',
  () => createGroundedCritic(settings),
  test.slice(0, 2).flatMap(({ image, questions }) =>
    questions.flatMap((question) =>
      [question.answer, ...injectErrors(question).map(({ response }) => response)].map((response) => ({
        image,
        question: question.question,
        response,
      })),
    ),
  ),
);

describe('with a scorer that sees all', () => {
  const rows: Record<string, { right: number; falseAlarms: number; wrong: number; misses: number }> = {};
  let balancedAccuracy = 0;
  beforeAll(async () => {
    const questions = calibration.flatMap(({ image, questions: asked }) =>
      asked.map((question) => ({ image, question })),
    );
    const calibrated = await calibrateExistence({ ...settings, questions });
    ({ balancedAccuracy } = calibrated);
    const critic = createGroundedCritic({ ...settings, thresholds: { existence: calibrated.threshold } });
    for (const { image, questions: asked } of test) {
      const drafts = asked.flatMap(
        (question): { question: Question; response: string; isRight: boolean }[] => [
          { question, response: question.answer, isRight: true },
          ...injectErrors(question).map(({ response }) => ({ question, response, isRight: false })),
        ],
      );
      const feedbacks = await critic.critique(
        drafts.map(({ question, response }) => ({ image, question: question.question, response })),
      );
      for (const [i, { question, isRight }] of drafts.entries()) {
        const row = (rows[question.kind] ??= { right: 0, falseAlarms: 0, wrong: 0, misses: 0 });
        const isRefused = feedbacks[i]?.verdict === 'revise';
        row[isRight ? 'right' : 'wrong'] += 1;
        if (isRight && isRefused) row.falseAlarms += 1;
        if (!isRight && !isRefused) row.misses += 1;
      }
    }
  });

  it('existence is separable', () => {
    expect(balancedAccuracy).toBe(1);
  });

  it('tells all right responses about existence and attributes from all wrong ones', () => {
    expect(rows.existence).toEqual({ right: 180, falseAlarms: 0, wrong: 180, misses: 0 });
    expect(rows.attribute).toEqual({ right: 60, falseAlarms: 0, wrong: 60, misses: 0 });
  });

  // Boxes of a grid are coarse: what rests on their geometry can't be perfect. Bounds are today's counts and one more.
  it.each([
    ['spatial', 50, 3, 4],
    ['grounding', 30, 1, 2],
    ['reasoning', 53, 4, 1],
    ['location', 90, 4, 15],
    ['caption', 30, 1, 3],
  ])('%s: of %i each, at most %i false alarms and %i misses', (kind, least, falseAlarms, misses) => {
    const row = rows[kind];
    expect(row?.right).toBeGreaterThanOrEqual(least);
    expect(row?.wrong).toBeGreaterThanOrEqual(least);
    expect(row?.falseAlarms).toBeLessThanOrEqual(falseAlarms);
    expect(row?.misses).toBeLessThanOrEqual(misses);
  });
});

describe('createGroundedCritic', () => {
  const [picture] = test;
  if (!picture) throw new Error('no picture');
  const request = { image: picture.image, question: 'is there a red circle ?', response: 'yes' };

  it('reads an image once for all questions about it', async () => {
    let asked = 0;
    const counting: RegionTextScorer = {
      name: 'counting',
      score: async (requests, call) => {
        asked += requests.length;
        return scorer.score(requests, call);
      },
    };
    const critic = createGroundedCritic({ ...settings, scorer: counting });
    expect(critic.name).toBe('grounded (counting)');
    await critic.critique([request]);
    const once = asked;
    await critic.critique(Array<typeof request>(5).fill(request));
    expect(asked).toBe(once);
  });

  it('names the surest issues alone where it is to name few, in their order', async () => {
    const caption = {
      image: picture.image,
      question: 'describe the image .',
      response:
        'a small red circle at the top , a small red cross at the left , a large striped blue triangle .',
    };
    const said = async (mostIssues?: number) => {
      const critic = createGroundedCritic({
        ...settings,
        ...(mostIssues === undefined ? {} : { mostIssues }),
      });
      const [feedback] = await critic.critique([caption]);
      if (feedback?.verdict !== 'revise') throw new Error('expected a refusal');
      return feedback;
    };
    const all = await said();
    expect(all.issues.length).toBeGreaterThan(2);
    const named = await Promise.all([1, 2, all.issues.length + 1].map(said));
    expect(named.map(({ issues }) => issues.length)).toEqual([1, 2, all.issues.length]);
    expect(named.map(({ confidence }) => confidence)).toEqual([1, 2, 3].map(() => all.confidence));
    const places = named.map(({ issues }) =>
      issues.map((issue) => all.issues.findIndex((each) => isDeepStrictEqual(each, issue))),
    );
    for (const each of places) expect(each).toEqual([...each].sort((a, b) => a - b));
    expect(places[1]).toEqual(expect.arrayContaining(places[0] ?? []));
    expect(named[0]?.text).toBe(formatFeedback(named[0] ?? all, { response: caption.response }));
    expect(() => createGroundedCritic({ ...settings, mostIssues: 0 })).toThrow('expected mostIssues from 1');
  });

  it('accepts what it can not judge, and says that it is undecided', async () => {
    const critic = createGroundedCritic(settings);
    const undecided = { verdict: 'accept', confidence: 0.5 };
    for (const [question, response] of [
      ['why is the sky blue ?', 'light'],
      ['is there a horse ?', 'yes'],
      ['is there an orange ?', 'yes'],
      ['is there a red circle ?', 'perhaps'],
      ['is the horse left of the red circle ?', 'yes'],
    ] as const)
      expect(await critic.critique([{ image: picture.image, question, response }])).toEqual([undecided]);
  });

  it('refuses a blank response, whatever the question: an answer is missing', async () => {
    const critic = createGroundedCritic(settings);
    for (const question of ['is there a red circle ?', 'why is the sky blue ?'])
      for (const response of ['', ' \n\t'])
        expect(await critic.critique([{ image: picture.image, question, response }])).toEqual([
          {
            ...{ verdict: 'revise', confidence: 1, text: 'reasoning : an answer to the question is missing' },
            issues: [{ kind: 'reasoning', claim: '', correction: 'an answer to the question is missing' }],
          },
        ]);
    // What a caption leaves out is named as ever.
    const [all] = await critic.critique([
      { image: picture.image, question: 'describe the image .', response: '' },
    ]);
    const kinds = all?.verdict === 'revise' ? all.issues.map(({ kind }) => kind) : [];
    expect([...new Set(kinds)]).toEqual(['object']);
  });

  describe('with candidate boxes, which are coarse, and with those of a detector', () => {
    const ontology = { nouns: ['cat'], attributes: { colour: ['red', 'blue'] }, unsaid: {} };
    const seesRed: RegionTextScorer = {
      name: 'sees red',
      score: (requests) =>
        Promise.resolve(
          requests.map(({ boxes, texts }) =>
            boxes.map(() => texts.map((text) => (text.includes('red') ? 1 : 0))),
          ),
        ),
    };
    /** All texts are as like every box. */
    const tellsNothing: RegionTextScorer = {
      name: 'tells nothing',
      score: (requests) =>
        Promise.resolve(requests.map(({ boxes, texts }) => boxes.map(() => texts.map(() => 0)))),
    };
    const common = { scorer: seesRed, ontology, logitScale: 30 };
    const finds = (...found: readonly (BoxUnit | Detection)[]): Detector => ({
      name: 'finds it',
      detect: (asked) =>
        Promise.resolve(
          asked.map(() =>
            found.map((each) => ('box' in each ? each : { box: each, label: 'red cat', score: 1 })),
          ),
        ),
    });
    const judge = async (critic: Critic, question: string, response: string): Promise<unknown> => {
      const [feedback] = await critic.critique([{ image: picture.image, question, response }]);
      return feedback?.verdict === 'revise' ? feedback.text : feedback?.verdict;
    };

    it('holds a place for right as far beside it as they may be off', async () => {
      // The centre is 0.04 beyond the top left.
      const box = { x0: 0.25, y0: 0.1, x1: 0.5, y1: 0.2 };
      const asked = ['describe the image .', 'a red cat at the top left .'] as const;
      expect(await judge(createGroundedCritic({ ...common, boxes: [box] }), ...asked)).toBe('accept');
      const fine = { ...common, detector: finds(box) };
      expect(await judge(createGroundedCritic(fine), ...asked)).toBe(
        'relation : a red cat at the top , not a red cat at the top left',
      );
      const coarse = { ...fine, thresholds: { place: 0.06 } };
      expect(await judge(createGroundedCritic(coarse), ...asked)).toBe('accept');
    });

    it('holds a box for right that overlaps them as much as they are fine', async () => {
      const box = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
      // IoU with it 0.45: all its height and 0.45 of its width.
      const said = formatLocation({ ...box, x1: 0.225 });
      const asked = ['where is the red cat ?', said] as const;
      expect(iou(box, parseLocation(said) ?? box)).toBeCloseTo(0.45, 1);
      expect(await judge(createGroundedCritic({ ...common, boxes: [box] }), ...asked)).toBe('accept');
      expect(await judge(createGroundedCritic({ ...common, detector: finds(box) }), ...asked)).toBe(
        `object : the red cat is at ${formatLocation(box)}`,
      );
    });

    it('counts what is beside an object, and asks what lies on it when it looks for the nearest', async () => {
      const kinds = { nouns: ['cat'], attributes: { colour: ['red', 'blue', 'green'] }, unsaid: {} };
      const detection = (colour: string, box: BoxUnit): Detection => ({
        box,
        label: `${colour} cat`,
        score: 1,
      });
      const critic = createGroundedCritic({
        ...{ ...common, scorer: tellsNothing, ontology: kinds },
        detector: finds(
          detection('red', { x0: 0, y0: 0.3, x1: 0.4, y1: 0.7 }),
          // On it, right of its centre: IoU 0.25 x 0.25 / 0.16.
          detection('blue', { x0: 0.14, y0: 0.375, x1: 0.39, y1: 0.625 }),
          detection('green', { x0: 0.6, y0: 0.4, x1: 0.8, y1: 0.6 }),
        ),
      });
      const count = 'how many shapes are right of the red cat ?';
      expect(await judge(critic, count, '1')).toBe('accept');
      expect(await judge(critic, count, '2')).toBe('count : 1 shape is right of the red cat');
      const nearest = 'what colour is the shape nearest to the red cat ?';
      expect(await judge(critic, nearest, 'blue')).toBe('accept');
      expect(await judge(critic, nearest, 'green')).toBe('reasoning : the nearest shape is blue');
    });

    it('names what a caption leaves out when it is less sure of it', async () => {
      const cat = { box: { x0: 0.1, y0: 0.1, x1: 0.3, y1: 0.3 }, label: 'red cat', score: 0.5 };
      // Evidence of the cat is near 0.5: over 0.25 + 0.75 / 4, under 0.25 + 0.75 / 2.
      const critic = createGroundedCritic({ ...common, detector: finds(cat) });
      const asked = ['describe the image .', 'a blue cat at the bottom right .'] as const;
      expect(await judge(critic, ...asked)).toMatch(/there is a red cat at the top left$/);
      const surer = createGroundedCritic({ ...common, detector: finds(cat), thresholds: { missing: 0.625 } });
      expect(await judge(surer, ...asked)).not.toMatch(/red cat/);
    });
  });

  it('contests nothing within the band around its threshold', async () => {
    const critic = createGroundedCritic({ ...settings, thresholds: { existence: 0.5, band: 1 } });
    for (const response of ['yes', 'no'])
      expect(await critic.critique([{ ...request, response }])).toEqual([
        { verdict: 'accept', confidence: 0.5 },
      ]);
  });

  it('names the one clause of a caption that states a false relation', async () => {
    const scene = test.find(({ questions }) =>
      questions.some(({ question, answer }) => / (?:left|right) of /.test(question) && answer === 'no'),
    );
    const asked = scene?.questions.find(
      ({ question, answer }) => / (?:left|right) of /.test(question) && answer === 'no',
    );
    if (!scene || !asked) throw new Error('no false relation');
    const clause = asked.question.replace(/^is (the \S+ \S+) (.*) \?$/, '$1 is $2');
    const critic = createGroundedCritic(settings);
    const [feedback] = await critic.critique([
      { image: scene.image, question: 'describe the image .', response: `${clause} , a purple cloud .` },
    ]);
    const issues = feedback?.verdict === 'revise' ? feedback.issues : [];
    expect(issues.filter(({ kind }) => kind === 'relation').map(({ claim }) => claim)).toEqual([clause]);
  });

  it('names the clause that is wrong, with the boxes that it looked at', async () => {
    const [object] = picture.scene.objects;
    const caption = picture.questions.find(({ kind }) => kind === 'caption')?.answer ?? '';
    const clause = caption.split(' , ').find((each) => each.includes(object?.kind ?? '')) ?? '';
    const wrong = clause.replace(/small|large/, (size) => (size === 'small' ? 'large' : 'small'));
    const critic = createGroundedCritic(settings);
    const [feedback] = await critic.critique([
      { image: picture.image, question: 'describe the image .', response: caption.replace(clause, wrong) },
    ]);
    const trim = (text: string) => text.replace(/ \.$/, '');
    expect(feedback).toMatchObject({
      verdict: 'revise',
      issues: [{ kind: 'attribute', claim: trim(wrong), correction: trim(clause) }],
    });
    const evidence = feedback?.verdict === 'revise' ? feedback.issues[0]?.evidence : undefined;
    expect(evidence?.boxes).toHaveLength(1);
    expect(evidence?.score).toBeGreaterThan(0.6);
  });
});
