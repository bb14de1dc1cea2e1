import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer, openTokenizer, vocabularyFromTexts } from './tokenizer.js';

const words = ['?', 'a', 'circle', 'is', 'no', 'red', 'there', 'yes'];

describe('createTokenizer', () => {
  it('puts specials first, then locations, then words', () => {
    const tokenizer = createTokenizer(words);
    expect(tokenizer.encode('<pad><eos><unk><image>')).toEqual([0, 1, 2, 3]);
    expect(tokenizer.encode('User: Assistant: Feedback: Assistant (Revised):')).toEqual([4, 5, 6, 7]);
    expect(tokenizer.encode('<loc_0> <loc_3> <loc_31>')).toEqual([8, 11, 39]);
    expect(tokenizer.encode('? a yes')).toEqual([40, 41, 47]);
    expect(tokenizer.size).toBe(48);
  });

  it('folds case, cuts punctuation off and marks unknown words', () => {
    const tokenizer = createTokenizer(words);
    expect(tokenizer.encode('Is there a RED circle?')).toEqual(tokenizer.encode('is there a red circle ?'));
    expect(tokenizer.encode('a blue circle')).toEqual([41, tokenizer.unkId, 42]);
    expect(tokenizer.decode(tokenizer.encode('a blue circle'))).toBe('a <unk> circle');
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
  });

  it('decodes a conversation to itself, without padding and end', () => {
    const tokenizer = createTokenizer(words);
    const text = 'User: is there a red circle ? Assistant: yes Feedback: no Assistant (Revised): no';
    expect(tokenizer.decode([...tokenizer.encode(text), tokenizer.eosId, tokenizer.padId])).toBe(text);
  });

  it('round-trips any sequence of words, also from its JSON', () => {
    const tokenizer = createTokenizer(words);
    const reopened = openTokenizer(JSON.parse(JSON.stringify(tokenizer.json)));
    const token = fc.constantFrom(...words, '<loc_1>', '<loc_12>', 'User:', 'Assistant (Revised):');
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const text = tokens.join(' ');
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
        expect(reopened.encode(text)).toEqual(tokenizer.encode(text));
      }),
    );
  });

  it('refuses words that repeat, split or fold, all at once', () => {
    expect(() => createTokenizer(['red', 'red', 'Blue', 'two words'])).toThrow(
      /"red" is repeated, "Blue" splits or folds, "two words" splits or folds/,
    );
  });

  it('refuses what is no tokenizer.json', () => {
    expect(() => openTokenizer({ model: 3 })).toThrow(/added_tokens.*\n.*model/);
    const rest = createTokenizer(words).json;
    expect(() =>
      openTokenizer({ ...rest, added_tokens: [], model: { type: 'WordLevel', vocab: { a: 0 } } }),
    ).toThrow(/expected tokens <pad>/);
  });
});

describe('vocabularyFromTexts', () => {
  it('collects distinct words in order, without specials', () => {
    const texts = ['User: Is there a red circle?', 'there is no red circle .', '<loc_3> yes', ' '];
    expect(vocabularyFromTexts(texts)).toEqual(['.', '?', 'a', 'circle', 'is', 'no', 'red', 'there', 'yes']);
  });
});
