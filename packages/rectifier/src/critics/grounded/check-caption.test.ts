import type { BoxUnit } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import type { Claim, ClaimAbout } from '../../claims/claim.js';
import type { Ontology } from '../../claims/ontology.js';
import { parseCaption } from '../../claims/parse-caption.js';
import { checkCaption } from './check-caption.js';
import { ImageReading } from './image-reading.js';

const ontology: Ontology = {
  nouns: ['cat', 'dog'],
  attributes: { size: ['big', 'small'], colour: ['red', 'blue'] },
  unsaid: {},
};
const subjects = ontology.nouns.flatMap((noun) =>
  ['big', 'small'].flatMap((size) =>
    ['red', 'blue'].map((colour) => ({ noun, attributes: { size, colour } })),
  ),
);
const square = (x: number, y: number): BoxUnit => ({ x0: x - 0.1, y0: y - 0.1, x1: x + 0.1, y1: y + 0.1 });
const [topLeft, top, bottomRight] = [square(0.16, 0.16), square(0.5, 0.16), square(0.84, 0.84)];

/** Something that is seen for certain. */
interface Seen {
  readonly box: BoxUnit;
  readonly name: string;
  readonly score?: number;
}

/** Checks a caption where these are seen: what comes of it, and of each clause and each thing left out its issue. */
function check(caption: string, seen: readonly Seen[], band = 0) {
  const nameOf = ({ noun, attributes: { size, colour } }: (typeof subjects)[number]) =>
    `${size} ${colour} ${noun}`;
  const reading = new ImageReading({
    ...{
      size: { width: 64, height: 64 },
      boxes: seen.map(({ box }) => box),
      subjects,
      ontology,
      logitScale: 100,
    },
    cosines: seen.map(({ name, score = 1 }) =>
      subjects.map((subject) => (nameOf(subject) === name ? score : -1)),
    ),
  });
  const thresholds = { existence: 0.25, band, attribute: 0.6, boxIou: 0.4, place: 0.06, missing: 0.6 };
  const clauses = parseCaption(caption, ontology).filter(
    (claim: Claim): claim is ClaimAbout<'object'> => claim.about === 'object',
  );
  const { checkOf, missing } = checkCaption(clauses, { reading, ontology, thresholds, response: caption });
  const checks = [...clauses.map((clause) => checkOf.get(clause)), ...missing];
  return checks.map((each) => {
    const [issue] = each?.issues ?? [];
    return issue === undefined ? each?.state : [issue.kind, issue.claim, issue.correction];
  });
}

const redCat: Seen = { box: topLeft, name: 'small red cat' };
const blueDog: Seen = { box: bottomRight, name: 'big blue dog' };

describe('checkCaption', () => {
  it('bears out what is there, in any order, with all that is said of it', () => {
    const seen = [redCat, blueDog];
    expect(check('a big blue dog at the bottom right , a small red cat at the top left .', seen)).toEqual([
      'holds',
      'holds',
    ]);
    expect(check('a dog , a red cat .', seen)).toEqual(['holds', 'holds']);
  });

  it.each([
    ['object', 'a small red dog at the top left', 'a small red cat at the top left'],
    ['attribute', 'a small blue cat at the top left', 'a small red cat at the top left'],
    ['attribute', 'a big red cat at the top left', 'a small red cat at the top left'],
    ['relation', 'a small red cat at the bottom right', 'a small red cat at the top left'],
    ['object', 'a red dog at the top left', 'a red cat at the top left'],
  ])('corrects the %s in place of %j', (kind, claim, correction) => {
    expect(check(`${claim} .`, [redCat])).toEqual([[kind, claim, correction]]);
  });

  it('gives each clause an object of its own: the second of a kind is left out, or said twice', () => {
    const twins: Seen[] = [redCat, { box: bottomRight, name: 'big red cat' }];
    const clause = 'a small red cat at the top left';
    expect(check(`${clause} .`, twins)).toEqual([
      'holds',
      ['object', `${clause} .`, 'there is a big red cat at the bottom right'],
    ]);
    expect(check(`${clause} , ${clause} .`, [redCat])).toEqual(['holds', ['object', clause, undefined]]);
    // Prose may name a thing again.
    expect(check('a red cat , a red cat .', [redCat])).toEqual(['holds', 'holds']);
  });

  it('says of what is unlike all that is there that there is none, and names what is left out', () => {
    const caption = 'a small red dog at the top .';
    expect(check(caption, [blueDog])).toEqual([
      ['object', 'a small red dog at the top', 'there is no red dog'],
      ['object', caption, 'there is a big blue dog at the bottom right'],
    ]);
    // Seen, but not surely enough to ask for it.
    expect(check(caption, [{ ...blueDog, score: 0.5 }])).toEqual([
      ['object', 'a small red dog at the top', 'there is no red dog'],
    ]);
  });

  it('takes a clause for right whose thing is seen behind another one', () => {
    const covered: Seen = { box: { ...topLeft, x0: topLeft.x0 + 0.02 }, name: 'small blue dog', score: 0.8 };
    const caption = 'a small red cat at the top left , a small blue dog at the top left .';
    expect(check(caption, [redCat, covered])).toEqual(['holds', 'holds']);
    // It is not asked for.
    expect(check('a small red cat at the top left .', [redCat, covered])).toEqual(['holds']);
  });

  it('can not tell what it does not know, or what is too near to the threshold', () => {
    expect(check('a big green bird at the top .', [redCat])[0]).toBe('unknown');
    expect(check('a small red dog at the bottom .', [{ box: top, name: 'big blue cat' }], 0.3)[0]).toBe(
      'unknown',
    );
  });
});
