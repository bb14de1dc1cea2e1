import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readQuestions, readScenes, writeScenes } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { injectErrors } from '../examples/inject-errors.js';
import { feedbackFor, statementOf } from './feedback-for.js';
import { isAlreadySaid, isShortQuestion } from './stated-answer.js';

describe('isShortQuestion', () => {
  it.each([
    ['is there a red circle ?', true],
    ['what size is the red circle ?', true],
    ['what time is it ?', false],
    ['describe the image .', false],
    ['hello', false],
  ])('%s', (question, expected) => expect(isShortQuestion(question)).toBe(expected));
});

describe('isAlreadySaid', () => {
  it.each([
    ['is there a red circle ?', 'yes', 'there is a red circle', true],
    ['is there a red circle ?', 'yes', 'there is no red circle', false],
    ['is there a red circle ?', 'no', 'there is a blue circle', undefined],
    ['is the red circle left of the blue square ?', 'no', 'the red circle is above the blue square', true],
    [
      'is the red circle left of the blue square ?',
      'yes',
      'the blue square is right of the red circle',
      true,
    ],
    [
      'is the red circle left of the blue square ?',
      'no',
      'the red circle is not left of the blue square',
      true,
    ],
    [
      'is the red circle left of the blue square ?',
      'no',
      'the red circle is not above the blue square',
      undefined,
    ],
    [
      'is the red circle left of the blue square ?',
      'no',
      'the green cross is above the blue square',
      undefined,
    ],
    ['what size is the red circle ?', 'it is large .', 'the red circle is large', true],
    ['what size is the red circle ?', 'large', 'the red circle is small', false],
    ['what size is the red circle ?', 'large', 'the red square is large', undefined],
    ['what size is the red circle ?', 'large', 'the red circle is blue', undefined],
    ['what colour is the shape nearest to the red circle ?', 'blue', 'the nearest shape is blue', true],
    ['how many shapes are left of the red circle ?', 'two', '2 shapes are left of the red circle', true],
    ['how many shapes are left of the red circle ?', '2', '1 shape is left of the red circle', false],
    [
      'how many shapes are left of the red circle ?',
      '2',
      'some shapes are left of the red circle',
      undefined,
    ],
    ['what is at the top ?', 'a red circle', 'there is a red circle at the top', true],
    ['what is at the top ?', 'nothing', 'there is a red circle at the top', false],
    ['which part is the red circle in ?', 'top left', 'the red circle is at the top left', true],
    ['which part is the red circle in ?', 'top left', 'the red circle is at the moon', undefined],
    [
      'where is the red circle from the blue square ?',
      'above',
      'the red circle is above the blue square',
      true,
    ],
    [
      'where is the red circle ?',
      '<loc_0> <loc_0> <loc_9> <loc_9>',
      'the red circle is at <loc_0> <loc_0> <loc_9> <loc_10>',
      true,
    ],
    [
      'where is the red circle ?',
      '<loc_0> <loc_0> <loc_9> <loc_9>',
      'the red circle is at <loc_0>',
      undefined,
    ],
    [
      'where is the red circle ?',
      '<loc_0> <loc_0> <loc_9> <loc_9>',
      'the red circle is at the <loc_0> <loc_0> <loc_9> <loc_9>',
      undefined,
    ],
    ['describe the image .', 'a red circle .', 'a blue circle', undefined],
    ['who wrote this ?', 'me', 'you', undefined],
  ])('%s %s, %s', (question, response, correction, expected) => {
    expect(isAlreadySaid(question, response, correction)).toBe(expected);
  });

  it('a response that is no answer does not say it', () => {
    expect(isAlreadySaid('is there a red circle ?', 'maybe', 'there is a red circle')).toBe(false);
  });

  it('reads what is stated of every short question about scenes', async () => {
    const out = await mkdtemp(join(tmpdir(), 'fgam-stated-'));
    await writeScenes({ out, count: 40, seed: 7, split: 'train' });
    const samples = new Map((await readScenes(out)).samples.map((sample) => [sample.id, sample]));
    const kinds = new Set<string>();
    for (const question of await readQuestions(join(out, 'questions.jsonl'))) {
      const sample = samples.get(question.sample);
      const correction = sample && statementOf(question, { sample })?.correction;
      if (correction === undefined) continue;
      kinds.add(question.kind);
      expect(isAlreadySaid(question.question, question.answer, correction)).toBe(true);
      // A box is stated as rounded as an answer says it.
      const { box, ...asked } = question;
      for (const { response } of injectErrors(question, { count: 3, ...(sample ? { sample } : {}) }))
        expect([asked.question, response, isAlreadySaid(asked.question, response, correction)]).toEqual([
          asked.question,
          response,
          box !== undefined && feedbackFor(asked, response).verdict === 'accept',
        ]);
    }
    expect([...kinds].sort()).toEqual([
      'attribute',
      'existence',
      'grounding',
      'location',
      'reasoning',
      'spatial',
    ]);
    await rm(out, { recursive: true });
  });
});

it.each(['constructor', '__proto__', 'age'])('can state nothing of an attribute called %s', (name) => {
  expect(isShortQuestion(`what ${name} is the circle ?`)).toBe(false);
});
