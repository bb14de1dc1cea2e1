import type { CuratedType, Question, QuestionTruth } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { correctionExamples } from '../examples/correction-examples.js';
import { injectErrors } from '../examples/inject-errors.js';
import { feedbackFor } from './feedback-for.js';

const boxes = [{ x0: 0.125, y0: 0.125, x1: 0.375, y1: 0.375 }];

function ask(type: CuratedType, answer: string, wrong: string[], more: Partial<Question> = {}): Question {
  const truth: QuestionTruth = {
    ...{ type, fact: 'the fact', wrong, steps: ['look'], regions: ['1'], boxes, rule: 'annotated' },
  };
  return { id: type, sample: '1', kind: 'reasoning', question: 'What of it?', answer, truth, ...more };
}
const box = '<loc_4> <loc_4> <loc_11> <loc_11>';

describe('feedback on curated questions', () => {
  it.each<[string, Question, string[], string[], string]>([
    [
      'yes or no',
      ask('existence', 'no', ['yes']),
      ['No.', 'no, there is none'],
      ['Yes', 'perhaps', ''],
      'object',
    ],
    [
      'a number',
      ask('count', '3', ['2', '4']),
      ['three', 'There are 3.'],
      ['4', 'two or three', 'many'],
      'count',
    ],
    ['a number by place', ask('related-count', '0', ['1']), ['zero'], ['1'], 'count'],
    ['a relation', ask('relation', 'yes', ['no']), ['Yes'], ['no'], 'relation'],
    [
      'a value',
      ask('attribute', 'red', ['blue', 'green']),
      ['It is red.'],
      ['blue', 'red and blue', 'reddish'],
      'attribute',
    ],
    [
      'a name',
      ask('compare-sizes', 'dog', ['hot dog']),
      ['the dog'],
      ['the hot dog', 'the cat'],
      'reasoning',
    ],
    ['a longer name', ask('compare-sizes', 'hot dog', ['dog']), ['The hot dog'], ['the dog'], 'reasoning'],
    // Half of the box: IoU 0.43.
    [
      'a box',
      ask('grounding', box, ['<loc_0>']),
      [box],
      ['<loc_4> <loc_4> <loc_7> <loc_11>', 'there'],
      'object',
    ],
    ['a box among others', ask('reference', box, ['<loc_0>']), [box], ['there'], 'reasoning'],
    ['steps', ask('chain', 'yes', ['no']), ['yes'], ['no'], 'reasoning'],
  ])('reads %s', (_, question, right, wrong, kind) => {
    for (const response of [question.answer, ...right])
      expect(feedbackFor(question, response), response).toEqual({ verdict: 'accept' });
    for (const response of wrong) {
      const issue = { kind, claim: response, correction: 'the fact', evidence: { boxes, score: 1 } };
      const text = `${kind} : the fact`;
      expect(feedbackFor(question, response), response).toEqual({ verdict: 'revise', issues: [issue], text });
    }
  });

  it('draws errors from the answers that were checked to be false', () => {
    const question = ask('attribute', 'red', ['blue', 'green', 'black']);
    const errors = injectErrors(question, { count: 3 });
    expect(new Set(errors.map(({ response }) => response))).toEqual(new Set(['blue', 'green', 'black']));
    for (const { feedback } of errors) expect(feedback.text).toBe('attribute : the fact');
  });

  it('gives false feedback on request', () => {
    const questions = Array.from({ length: 20 }, (_, i) =>
      ask('attribute', 'red', ['blue'], { id: String(i) }),
    );
    const misleading = correctionExamples({ questions, misleadingShare: 1 }).filter(
      (each) => each.misleading,
    );
    expect(misleading).toHaveLength(20);
    const texts = misleading.map(
      ({ response, feedback }) => `${response}: ${'text' in feedback ? feedback.text : 'accept'}`,
    );
    expect(new Set(texts)).toEqual(new Set(['red: attribute : the answer is blue', 'blue: accept']));
    expect(misleading.every(({ revised }) => revised === 'red')).toBe(true);
  });
});
