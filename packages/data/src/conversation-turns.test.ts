import { describe, expect, it } from 'vitest';
import { conversationTurns } from './conversation-turns.js';

const human = (value: string) => ({ from: 'human', value });
const gpt = (value: string) => ({ from: 'gpt', value });

describe('conversationTurns', () => {
  it.each(['<image>\nWhat is red?', 'What is red?\n<image>', ' <image> What is red? '])(
    'reads %j',
    (value) => {
      expect(conversationTurns([human(value), gpt('The bus.\n')])).toEqual([
        { question: 'What is red?', answer: 'The bus.' },
      ]);
    },
  );

  it('reads several turns', () => {
    const said = [human('<image>\nWhat is red?'), gpt('The bus.'), human(' And blue?'), gpt('Nothing.')];
    expect(conversationTurns(said)).toEqual([
      { question: 'What is red?', answer: 'The bus.' },
      { question: 'And blue?', answer: 'Nothing.' },
    ]);
  });

  it.each([
    ['a question without an answer', [human('<image>\nWhat?')], 'bad-record'],
    ['an answer first', [gpt('The bus.'), human('<image>\nWhat?')], 'bad-record'],
    ['two questions in a row', [human('<image>\nWhat?'), human('Who?')], 'bad-record'],
    ['another speaker', [human('<image>\nWhat?'), { from: 'system', value: 'x' }], 'bad-record'],
    ['no image token', [human('What?'), gpt('The bus.')], 'bad-record'],
    ['the token within', [human('What <image> is?'), gpt('The bus.')], 'bad-record'],
    ['the token twice', [human('<image>\nWhat?\n<image>'), gpt('The bus.')], 'bad-record'],
    ['the token in an answer', [human('<image>\nWhat?'), gpt('<image>')], 'bad-record'],
    [
      'the token in a later question',
      [human('<image>\nWhat?'), gpt('The bus.'), human('<image>\nAnd?'), gpt('x')],
      'bad-record',
    ],
    ['an empty question', [human('<image>\n'), gpt('The bus.')], 'no-text'],
    ['an empty answer', [human('<image>\nWhat?'), gpt(' ')], 'no-text'],
    ['no text', [human('<image>\nWhat?'), gpt('a\0')], 'bad-text'],
    ['an absurdly long answer', [human('<image>\nWhat?'), gpt('a'.repeat(200_000))], 'bad-text'],
  ])('tells of %s', (_, said, reason) => {
    expect(conversationTurns(said)).toMatchObject({ reason, detail: expect.any(String) as unknown });
  });
});
