import { expect, test } from 'vitest';
import { createSourceTurns } from './source-turns.js';

const sourceOf = (name: string, turns?: number) => ({
  name,
  examples: [1, 2, 3],
  ...(turns === undefined ? {} : { turns }),
});
const options = { batchSize: 2, seed: 1 };

test('of every n updates, n the sum of turns, each source gets its own', () => {
  const draw = createSourceTurns('step', [sourceOf('a', 2), sourceOf('b')], options);
  const drawn = [1, 2, 3, 4, 5, 6].map((step) => draw(step, {}).source.name);
  expect(drawn.join('')).toBe('aabaab');
});

test.each([0, -1, 1.5, Number.NaN, Infinity])('%s turns are refused', (turns) => {
  expect(() => createSourceTurns('step', [sourceOf('a'), sourceOf('b', turns)], options)).toThrow(
    `step: turns: expected an integer from 1, got ${turns} of b`,
  );
});

test('sources of one name and without examples are refused', () => {
  expect(() => createSourceTurns('step', [sourceOf('a'), sourceOf('a')], options)).toThrow('got a again');
  expect(() => createSourceTurns('step', [{ ...sourceOf('a'), examples: [] }], options)).toThrow('none in a');
});
