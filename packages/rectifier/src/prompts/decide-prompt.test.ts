import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readDecision } from './decide-prompt.js';

/** The rule as it is meant; where it does not match, it takes quadratic time. */
function plainRule(reply: string): string | undefined {
  const line = reply.trim().split('\n')[0] ?? '';
  return /^\W*(?:answer\s*(?:is)?\W*)?([AB])\W*$/i.exec(line)?.[1]?.toUpperCase();
}

const piece = fc.constantFrom(
  ...['A', 'b', 'answer', 'Answer', 'is', 'IS', 's', 'x', '1', '_'],
  ...[' ', '  ', '\t', '\n', '\u2028', ':', '.', '*', '(', ')', '\u0131', '\u017f'],
);

it('reads what the plain rule reads', () => {
  const read = new Set<string | undefined>();
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
      const letter = readDecision(pieces.join(''));
      expect(letter).toBe(plainRule(pieces.join('')));
      read.add(letter);
    }),
    { numRuns: 20_000 },
  );
  expect(read).toEqual(new Set(['A', 'B', undefined]));
});

it.each(['answer', 'answer is', '', '**Answer', 'answer is is', 'answeransweranswer'])(
  'reads long replies in a time that grows with their length alone: %j',
  (start) => {
    for (const gap of [' ', '\t', ' \u2028', '.', '. ', '*']) {
      const long = start + gap.repeat(400_000 / gap.length);
      expect(readDecision(`${long}x`)).toBeUndefined();
      const isRead = !/is is|answeranswer/.test(start);
      expect(readDecision(`${long}b${gap}`)).toBe(isRead ? 'B' : undefined);
    }
  },
);
