import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { nameOfImage, seedOf, stopOfResponse, tokensOf } from './request-state.js';

const stop = (...responses: string[]) => stopOfResponse(responses.map((response) => ({ response })));

it('stopOfResponse tells a repetition from a return', () => {
  expect(stop('a')).toBeUndefined();
  expect(stop('a', 'b')).toBeUndefined();
  expect(stop('a', 'a')).toBe('unchanged');
  expect(stop('a  cat', ' a cat\n')).toBe('unchanged');
  expect(stop('a', 'b', 'a')).toBe('cycle');
  expect(stop('a', 'A')).toBeUndefined();
  expect(stop()).toBeUndefined();
  // What says nothing is no revision; what says something after nothing is one.
  expect(stop('a', ' \n')).toBe('unchanged');
  expect(stop('a', 'b', '')).toBe('unchanged');
  expect(stop('', '\t')).toBe('unchanged');
  expect(stop('', 'a')).toBeUndefined();
  expect(stop('', 'a', '')).toBe('unchanged');
  expect(stop('')).toBeUndefined();
});

it('tokensOf counts words where tokens are not counted', () => {
  expect(tokensOf({ text: ' a red  cat\n', tokens: 7 })).toBe(7);
  expect(tokensOf({ text: ' a red  cat\n' })).toBe(3);
  expect(tokensOf({ text: '' })).toBe(0);
});

it('nameOfImage is the path, or the hash of the bytes', () => {
  expect(nameOfImage('a/b.png')).toBe('a/b.png');
  const bytes = new Uint8Array([1, 2, 3]);
  expect(nameOfImage(bytes)).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
});

it('seedOf differs by seed, request and round, and fits 32 bits', () => {
  const seeds = [seedOf(0, 'a', 0), seedOf(1, 'a', 0), seedOf(0, 'b', 0), seedOf(0, 'a', 1)];
  expect(new Set(seeds).size).toBe(4);
  for (const seed of seeds) expect(seed).toBe(seed >>> 0);
  expect(seedOf(0, 'a', 0)).toBe(seeds[0]);
});
