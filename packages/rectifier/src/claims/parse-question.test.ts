import { createRandom, sampleScene, sceneQuestions, TRAIN_QUESTIONS } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { parseQuestion, type QuestionForm } from './parse-question.js';

describe('parseQuestion', () => {
  it.each<[string, QuestionForm]>([
    ['is there a red circle ?', { form: 'existence', subject: 'red circle' }],
    ['Is there an apple in the image?', { form: 'existence', subject: 'apple' }],
    ['Are there any dogs in this photo', { form: 'existence', subject: 'dogs' }],
    [
      'Is there a dog in the image?\nAnswer the question using a single word or phrase.',
      { form: 'existence', subject: 'dog' },
    ],
    [
      'is the red circle left of the blue square ?',
      { form: 'spatial', subject: 'red circle', relation: 'left-of', object: 'blue square' },
    ],
    [
      'Is a cat to the right of an orange chair?',
      { form: 'spatial', subject: 'cat', relation: 'right-of', object: 'orange chair' },
    ],
    [
      'is the red circle overlapping the red square ?',
      { form: 'spatial', subject: 'red circle', relation: 'overlaps', object: 'red square' },
    ],
    ['what size is the red circle ?', { form: 'attribute', attribute: 'size', subject: 'red circle' }],
    ['what colour is the triangle ?', { form: 'attribute', attribute: 'colour', subject: 'triangle' }],
    ['where is the red circle ?', { form: 'grounding', subject: 'red circle' }],
    [
      'what colour is the shape nearest to the red circle ?',
      { form: 'nearest', attribute: 'colour', reference: 'red circle' },
    ],
    [
      'how many shapes are above the blue cross ?',
      { form: 'count', relation: 'above', reference: 'blue cross' },
    ],
    [
      'How many objects are to the left of the dog?',
      { form: 'count', relation: 'left-of', reference: 'dog' },
    ],
    ['what is at the top left ?', { form: 'contents', location: 'top left' }],
    ['what is in the center?', { form: 'contents', location: 'centre' }],
    ['which part is the red circle in ?', { form: 'part', subject: 'red circle' }],
    [
      'where is the red circle from the blue square ?',
      { form: 'direction', subject: 'red circle', object: 'blue square' },
    ],
    ['describe the image .', { form: 'caption' }],
    ['Please describe this photo in detail.', { form: 'caption' }],
  ])('reads %j', (question, form) => {
    expect(parseQuestion(question)).toEqual(form);
  });

  it.each([
    '',
    '?',
    'why is the sky blue ?',
    'what is at the left right ?',
    'how many dogs are there ?',
    'hello',
  ])('knows no form of %j', (question) => {
    expect(parseQuestion(question)).toBeUndefined();
  });

  it('knows every question that scenes ask, in any case and without its mark', () => {
    for (let i = 0; i < 20; i += 1) {
      const scene = sampleScene(createRandom(`forms/${i}`));
      const questions = sceneQuestions(scene, createRandom(`asked/${i}`), {
        sample: '1',
        counts: TRAIN_QUESTIONS,
      });
      for (const { kind, question } of questions) {
        const form = parseQuestion(question);
        const kinds = {
          existence: ['existence'],
          spatial: ['spatial'],
          attribute: ['attribute'],
          grounding: ['grounding'],
          reasoning: ['nearest', 'count'],
          location: ['contents', 'part', 'direction'],
          caption: ['caption'],
        };
        expect(kinds[kind]).toContain(form?.form);
        expect(parseQuestion(`${question.replace(/ [?.]$/, '')} . !!`)).toEqual(form);
        expect(parseQuestion(`  ${question.toUpperCase().replace(/ [?.]$/, '')}`)).toEqual(form);
      }
    }
  });
});

it('reads a question of any length at once', () => {
  // Minutes, where each mark were looked at from each other one.
  for (const marks of ['!', '. ', '?', ' ? x'].map((mark) => mark.repeat(200_000)))
    expect(parseQuestion(`is there a cat ${marks}x`)?.form).toBe('existence');
});
