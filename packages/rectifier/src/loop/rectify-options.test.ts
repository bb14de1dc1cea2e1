import { describe, expect, it } from 'vitest';
import { checkRectifyOptions } from './rectify-options.js';

const request = { id: '1', image: 'i', question: 'is there a cat ?' };
/** As JavaScript may give them. */
const check = (options: object) => (): void =>
  checkRectifyOptions({
    answerer: { name: 'a', answer: async () => [] },
    critic: { name: 'c', critique: async () => [] },
    requests: [request],
    ...options,
  });

describe('checkRectifyOptions', () => {
  it.each<[unknown, string]>([
    ['2', "rounds: expected an integer from 0, or { most, confidence }, got '2'"],
    [null, 'rounds: expected an integer from 0, or { most, confidence }, got null'],
    [1.5, 'rounds: expected an integer from 0, got 1.5'],
    [-1, 'rounds: expected an integer from 0, got -1'],
    [{ confidence: 0.5 }, 'rounds.most: expected an integer from 0, got undefined'],
    [{ most: '2', confidence: 0.5 }, "rounds.most: expected an integer from 0, got '2'"],
    [
      { least: '1', most: 2, confidence: '1' },
      "rounds.least: expected an integer from 0 to the most of 2, got '1'; " +
        "rounds.confidence: expected 0 to 1, got '1'",
    ],
  ])('says which rounds came: %o', (rounds, fault) => {
    expect(check({ rounds })).toThrow(`rectify: ${fault}`);
  });

  it.each([undefined, 0, 3, { most: 2, confidence: 0.5 }, { least: 1, most: 1, confidence: 0 }])(
    'takes as rounds %o',
    (rounds) => {
      expect(check({ rounds })).not.toThrow();
    },
  );

  it.each([
    { response: 'yes', responseTokens: Number.NaN },
    { response: 'yes', responseTokens: -1 },
    { responseTokens: 3 },
  ])('refuses tokens of a response that are no count, or of none: %o', (parts) => {
    expect(check({ requests: [{ ...request, ...parts }] })).toThrow(
      'requests.0.responseTokens: expected an integer from 0 beside a response',
    );
    expect(check({ requests: [{ ...request, response: 'yes', responseTokens: 0 }] })).not.toThrow();
  });

  it.each([
    ['id', ''],
    ['id', ' \n'],
    ['id', undefined],
    ['question', ''],
    ['question', '\t'],
    ['question', 3],
  ])('refuses as the %s of a request %o, which could not be read back', (name, value) => {
    expect(check({ requests: [request, { ...request, id: '2', [name]: value }] })).toThrow(
      `requests.1.${name}: expected a text that is not blank, got`,
    );
  });
});
