import { expect, it } from 'vitest';
import { parseFlickr30kSentence } from './flickr30k-sentence.js';

it('takes phrases, chains, several types and places', () => {
  const { text, phrases } = parseFlickr30kSentence(
    'On [/EN#253080/scene a sunny , dry day] [/EN#5/people/other A&M player] hits [/EN#0/notvisual him] .\r',
  );
  expect(text).toBe('On a sunny , dry day A&M player hits him .');
  expect(phrases).toEqual([
    { chain: '253080', types: ['scene'], text: 'a sunny , dry day', start: 3 },
    { chain: '5', types: ['people', 'other'], text: 'A&M player', start: 21 },
    { chain: '0', types: ['notvisual'], text: 'him', start: 37 },
  ]);
  for (const phrase of phrases) expect(text.slice(phrase.start)).toMatch(phrase.text);
});

it('takes a sentence without phrases, and brackets that open none', () => {
  expect(parseFlickr30kSentence('Nothing [here] .')).toEqual({ text: 'Nothing [here] .', phrases: [] });
});

it.each([
  ['an open phrase', 'A [/EN#1/people girl sits .'],
  ['a nested phrase', '[/EN#1/people A girl in [/EN#2/clothing black]] .'],
  ['no chain', '[/EN#/people A girl] sits .'],
  ['no type', '[/EN#1 A girl] sits .'],
  ['no words', '[/EN#1/people  ] sits .'],
])('refuses %s', (_, line) => {
  expect(() => parseFlickr30kSentence(line)).toThrow(
    expect.objectContaining({ code: 'data/bad-record' }) as Error,
  );
});

it('takes its time in proportion to the length of a hostile line', () => {
  const line = `${'[/EN#1/a '.repeat(20_000)}${' '.repeat(50_000)}`;
  expect(() => parseFlickr30kSentence(line)).toThrow(/expected phrases/);
});
