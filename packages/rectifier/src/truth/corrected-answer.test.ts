import { describe, expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { correctedAnswer } from './corrected-answer.js';

const corrected = (question: string, response: string, text: string): string =>
  correctedAnswer({ question, response, feedback: parseFeedback(text, { response }) });

describe('correctedAnswer', () => {
  it.each([
    ['is there a red circle ?', 'yes', 'object : there is no red circle', 'no'],
    ['Is there a red circle?', 'Yes', 'object : there is no red circle', 'No'],
    [
      'is the red circle left of the blue square ?',
      'yes',
      'relation : the red circle is above the blue square',
      'no',
    ],
    ['what size is the red circle ?', 'it is large .', 'attribute : the red circle is small', 'small'],
    ['how many shapes are left of the red circle ?', '2', 'count : 1 shape is left of the red circle', '1'],
    [
      'where is the red circle ?',
      '<loc_0> <loc_0> <loc_9> <loc_9>',
      'object : the red circle is at <loc_1> <loc_2> <loc_3> <loc_4>',
      '<loc_1> <loc_2> <loc_3> <loc_4>',
    ],
    ['what is at the top ?', 'nothing', 'object : there is a red circle at the top', 'a red circle'],
  ])('%s %s, %s: %s', (question, response, text, expected) => {
    expect(corrected(question, response, text)).toBe(expected);
  });

  it('puts corrections into captions, and into answers of several clauses', () => {
    const response = 'a red circle at the top , a blue square at the left .';
    expect(
      corrected(
        'describe the image .',
        response,
        'attribute : a green circle at the top , not a red circle at the top',
      ),
    ).toBe('a green circle at the top , a blue square at the left .');
    expect(
      corrected('what is at the top ?', 'a red circle , a cross', 'object : there is no cross , not a cross'),
    ).toBe('a red circle');
  });

  it('says in a caption what it leaves out, of one clause too, and not behind prose', () => {
    const caption = (response: string) =>
      corrected('describe the image .', response, 'object : there is a dog at the top');
    expect(caption('a cat at the left .')).toBe('a cat at the left , a dog at the top .');
    expect(caption('a cat at the left')).toBe('a cat at the left , a dog at the top');
    for (const prose of ['A red cat.', 'A cat, a cow!', '.']) expect(caption(prose)).toBe(prose);
  });

  it.each([
    ['an acceptance', 'no further corrections needed'],
    ['no correction', 'object : wrong'],
    ['a correction of something else', 'object : there is no blue square'],
    [
      'corrections that contradict each other',
      'object : there is a red circle ; object : there is no red circle',
    ],
    ['free words', 'look again'],
  ])('is the response for %s', (_, text) => {
    expect(corrected('is there a red circle ?', 'yes', text)).toBe('yes');
  });
});
