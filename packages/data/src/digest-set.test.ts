import { expect, it } from 'vitest';
import { DigestSet } from './digest-set.js';

it('holds each text once, through several growths', () => {
  const set = new DigestSet();
  for (let i = 0; i < 5000; i++) expect(set.add(`text ${i}`)).toBe(true);
  for (let i = 0; i < 5000; i++) expect(set.add(`text ${i}`)).toBe(false);
  expect(set.size).toBe(5000);
  expect(set.has('text 4999')).toBe(true);
  expect(set.has('text 5000')).toBe(false);
});
