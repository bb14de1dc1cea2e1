import { type Question, type QuestionKind, sceneWords } from '@fgam/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { injectErrors } from '../examples/inject-errors.js';
import { feedbackWords } from '../feedback/feedback-grammar.js';
import { type PicturedScene, pictureScenes, toSample } from '../test-support.js';
import { feedbackFor } from './feedback-for.js';

const ask = (kind: QuestionKind, question: string, answer: string): Question => ({
  id: '1',
  sample: '1',
  kind,
  question,
  answer,
});
const box = '<loc_4> <loc_4> <loc_11> <loc_11>';

describe('feedbackFor', () => {
  /** Question, truth, other right responses, a wrong one and the feedback on it: each form of question. */
  it.each<[QuestionKind, string, string, string[], string, string]>([
    ['existence', 'is there a red circle ?', 'no', ['No.'], 'yes', 'object : there is no red circle'],
    [
      'existence',
      'is there an orange cross ?',
      'yes',
      ['Yes, one'],
      'no',
      'object : there is an orange cross',
    ],
    [
      'spatial',
      'is the red circle above the blue square ?',
      'yes',
      ['YES'],
      'no',
      'relation : the red circle is above the blue square',
    ],
    [
      'spatial',
      'is the red circle above the blue square ?',
      'no',
      ['nope'],
      'yes',
      'relation : the red circle is not above the blue square',
    ],
    [
      'attribute',
      'what size is the red circle ?',
      'small',
      ['it is small'],
      'large',
      'attribute : the red circle is small',
    ],
    [
      'attribute',
      'what size is the red circle ?',
      'small',
      [],
      'small or large',
      'attribute : the red circle is small',
    ],
    [
      'grounding',
      'where is the red circle ?',
      box,
      // 8 x 8 against 7 x 7 bins, one in the other: IoU 49 / 64.
      ['it is at <loc_4> <loc_4> <loc_12> <loc_12>'],
      // Half of it: IoU 0.43.
      '<loc_4> <loc_4> <loc_7> <loc_11>',
      `object : the red circle is at ${box}`,
    ],
    ['grounding', 'where is the red circle ?', box, [], 'there', `object : the red circle is at ${box}`],
    [
      'reasoning',
      'how many shapes are above the red circle ?',
      '1',
      ['one'],
      '2',
      'count : 1 shape is above the red circle',
    ],
    [
      'reasoning',
      'how many shapes are above the red circle ?',
      '0',
      [],
      'many',
      'count : 0 shapes are above the red circle',
    ],
    [
      'reasoning',
      'what colour is the shape nearest to the red circle ?',
      'blue',
      ['Blue!'],
      'green',
      'reasoning : the nearest shape is blue',
    ],
    [
      'location',
      'what is at the top ?',
      'nothing',
      ['Nothing.', 'there is nothing'],
      'a red circle',
      'object : there is nothing at the top',
    ],
    [
      'location',
      'what is at the top ?',
      'a small red circle and a large cross',
      ['a large cross and a small red circle', 'a small plain red circle , a large cross .'],
      'a small red circle',
      'object : there is a small red circle and a large cross at the top',
    ],
    [
      'location',
      'which part is the red circle in ?',
      'top left',
      ['the top left', 'at the top left .'],
      'top',
      'relation : the red circle is at the top left',
    ],
    [
      'location',
      'where is the red circle from the blue square ?',
      'left of',
      ['it is left of it'],
      'above',
      'relation : the red circle is left of the blue square',
    ],
    [
      'caption',
      'describe the image .',
      'a small red circle at the top .',
      ['there is a small red circle at the top'],
      'a large red circle at the top .',
      'attribute : a small red circle at the top , not a large red circle at the top',
    ],
  ])('%s: %j is %j', (kind, question, answer, right, wrong, text) => {
    const asked = ask(kind, question, answer);
    for (const response of [answer, ...right])
      expect(feedbackFor(asked, response), response).toEqual({ verdict: 'accept' });
    expect(feedbackFor(asked, wrong)).toMatchObject({ verdict: 'revise', text });
  });

  it('names the true relation where the annotated image tells it', () => {
    const region = (id: string, label: string, x0: number) => ({
      id,
      label,
      description: label,
      source: 'test',
      box: { x0, y0: 0.4, x1: x0 + 0.2, y1: 0.6 },
    });
    const regions = [region('1', 'red circle', 0.1), region('2', 'blue square', 0.7)];
    const sample = { id: '1', image: '1.png', width: 64, height: 64, regions };
    const asked = ask('spatial', 'is the red circle right of the blue square ?', 'no');
    const text = (given: typeof sample) => {
      const feedback = feedbackFor(asked, 'yes', { sample: given });
      return feedback.verdict === 'revise' && feedback.text;
    };
    expect(text(sample)).toBe('relation : the red circle is left of the blue square');
    // Two red circles: which one is meant is not known.
    const doubled = { ...sample, regions: [...regions, region('3', 'red circle', 0.4)] };
    expect(text(doubled)).toBe('relation : the red circle is not right of the blue square');
  });

  it("takes the question's own box before its words", () => {
    const exact = {
      ...ask('grounding', 'where is the cat ?', box),
      box: { x0: 0.5, y0: 0.5, x1: 0.9, y1: 0.9 },
    };
    expect(feedbackFor(exact, box).verdict).toBe('revise');
    expect(feedbackFor(exact, '<loc_16> <loc_16> <loc_28> <loc_28>').verdict).toBe('accept');
  });

  it.each([
    ['why is the sky blue ?', 'light', 'a question of a known form'],
    ['is there a cat ?', 'perhaps', 'an answer to a question of form existence'],
    ['where is the cat ?', 'here', 'a box'],
    ['what age is the cat ?', 'old', 'an answer to a question of form attribute'],
  ])('has no truth for %j answered %j', (question, answer, expected) => {
    expect(() => feedbackFor(ask('existence', question, answer), 'x')).toThrow(
      expect.objectContaining({
        code: 'rectifier/no-truth',
        message: expect.stringContaining(expected) as string,
      }),
    );
  });

  describe('on scenes', () => {
    let scenes: PicturedScene[];
    beforeAll(async () => {
      scenes = await pictureScenes(20, 11);
    });

    it('accepts the truth, with and without the annotated image', () => {
      for (const { questions, scene } of scenes)
        for (const question of questions)
          for (const options of [{}, { sample: toSample(scene, question.sample) }])
            expect(feedbackFor(question, question.answer, options), question.id).toEqual({
              verdict: 'accept',
            });
    });

    it('speaks in words that a tokenizer of scenes has', () => {
      const known = new Set([...sceneWords(), ...feedbackWords()]);
      const unknown = new Set<string>();
      for (const { questions, scene } of scenes)
        for (const question of questions)
          for (const { feedback } of injectErrors(question, {
            count: 3,
            sample: toSample(scene, question.sample),
          }))
            for (const word of feedback.text.split(' '))
              if (!known.has(word) && !/^<loc_\d+>$/.test(word)) unknown.add(word);
      expect([...unknown]).toEqual([]);
    });
  });
});
