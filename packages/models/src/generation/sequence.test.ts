import { describe, expect, it } from 'vitest';
import type { TokenScores } from './choose-token.js';
import type { GenerationPiece, ModelRequest } from './model-request.js';
import { createSequence } from './sequence.js';

const words = ['<end>', 'red', ' blue', ' ', '#', '##', 'U', 'ser', '\uFFFD', '.'];
const meaning = {
  isAllowed: () => true,
  isEnd: (token: number) => token === 0,
  decode: (tokens: readonly number[]) => tokens.map((token) => (token === 0 ? '' : words[token])).join(''),
};
/** What a model says that says that token. */
const saying = (token: number): TokenScores => ({
  logprobs: words.map((_, i) => (i === token ? -0.1 : -5)),
  best: token,
});

/** What is said when these tokens are chosen one after another, and in which pieces. */
function said(tokens: readonly number[], more: Partial<ModelRequest> = {}) {
  const pieces: Omit<GenerationPiece, 'request'>[] = [];
  const request = { prompt: '', maxTokens: 20, ...more };
  const sequence = createSequence(request, meaning, (piece) => pieces.push(piece));
  for (const token of tokens) if (!sequence.done) sequence.accept(saying(token));
  return { pieces: pieces.map(({ text }) => text), all: pieces, result: sequence.result() };
}

describe('createSequence', () => {
  it('tells each token as it is chosen, the last with the end', () => {
    const { pieces, all, result } = said([1, 2, 9, 0]);
    expect(pieces).toEqual(['red', ' blue', '.', '']);
    expect(all.flatMap(({ tokens }) => tokens)).toEqual(result.tokens);
    expect(all.flatMap(({ logprobs }) => logprobs)).toEqual(result.logprobs);
    expect(result).toMatchObject({ text: 'red blue.', finish: 'stop', tokens: [1, 2, 9, 0] });
  });

  it('holds back what may become a stop text, the space before it and half a character', () => {
    const stop = ['##User', '!'];
    expect(said([1, 3, 5, 6, 7, 9], { stop }).pieces).toEqual(['red', '']);
    expect(said([1, 3, 5, 6, 7, 9], { stop }).result).toMatchObject({
      text: 'red',
      finish: 'stop',
      tokens: [1],
    });
    // Not a stop text after all.
    expect(said([1, 3, 5, 6, 9, 0], { stop }).pieces).toEqual(['red', ' ##U.', '']);
    // A stop text may begin within what looks like the beginning of one.
    expect(said([1, 4, 5, 6, 7], { stop }).result.text).toBe('red#');
    expect(said([1, 8, 9, 0]).pieces).toEqual(['red', '\uFFFD.', '']);
  });

  it('waits for what follows a single byte, past tokens without a text', () => {
    // As a byte fallback decodes: two bytes are one character, whatever special tokens stand between them.
    const byte = 4;
    const bytes = {
      isAllowed: () => true,
      isEnd: () => false,
      isOpen: (token: number) => token === byte,
      decode: (tokens: readonly number[]) =>
        tokens
          .filter((token) => token !== 0)
          .map((token) => (token === byte ? 'b' : (words[token] ?? '')))
          .join('')
          .replaceAll('bb', 'é'),
    };
    const pieces: string[] = [];
    const request = { prompt: '', maxTokens: 7 };
    const sequence = createSequence(request, bytes, ({ text }) => pieces.push(text));
    for (const token of [1, byte, 0, 0, byte, 0, 9]) sequence.accept(saying(token));
    expect(sequence.result().text).toBe('redé.');
    expect(pieces).toEqual(['red', 'é.']);
  });

  it('tells all that is left where tokens run out', () => {
    expect(said([1, 3, 4], { stop: ['##'], maxTokens: 3 }).pieces).toEqual(['red', ' #']);
    expect(said([1, 8], { maxTokens: 2 }).pieces).toEqual(['red', '\uFFFD']);
  });

  it('takes of a draft what it would choose, up to an end, a stop text or maxTokens', () => {
    const verified = (
      chosen: readonly number[],
      draft: readonly number[],
      more: Partial<ModelRequest> = {},
    ) => {
      const sequence = createSequence({ prompt: '', maxTokens: 20, draft, ...more }, meaning);
      const count = sequence.verify(draft, (at) => saying(chosen[at] ?? 0));
      return [count, ...sequence.tokens];
    };
    expect(verified([1, 2, 9, 4], [1, 2, 9])).toEqual([3, 1, 2, 9, 4]);
    expect(verified([1, 4, 9, 4], [1, 2, 9])).toEqual([1, 1, 4]);
    expect(verified([4], [1, 2])).toEqual([0, 4]);
    expect(verified([6], [])).toEqual([0, 6]);
    expect(verified([1, 0, 9], [1, 0, 9])).toEqual([2, 1, 0]);
    expect(verified([1, 2, 9], [1, 2, 9], { maxTokens: 2 })).toEqual([2, 1, 2]);
    expect(verified([1, 4, 9, 9], [1, 4, 9, 9], { stop: ['#'] })).toEqual([2, 1]);
    const sequence = createSequence({ prompt: '', maxTokens: 4, draft: [1, 2] }, meaning);
    sequence.verify([1, 2], () => saying(1));
    expect(sequence.result()).toMatchObject({ acceptedTokens: 1, tokens: [1, 1] });
  });

  it('samples apart from the first token on, whatever the seeds', () => {
    const firstOf = (seed: number) => {
      const sequence = createSequence({ prompt: '', maxTokens: 4, temperature: 1, seed }, meaning);
      sequence.accept({ logprobs: words.map(() => -Math.log(words.length)), best: 0 });
      return sequence.tokens[0] as number;
    };
    const counts = words.map(() => 0);
    for (let seed = 0; seed < 2000; seed++) counts[firstOf(seed)] = (counts[firstOf(seed)] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(60);
    expect(firstOf(17)).toBe(firstOf(17));
  });
});
