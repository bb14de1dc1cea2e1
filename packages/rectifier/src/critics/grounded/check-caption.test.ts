import type { BoxUnit } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import type { Claim, ClaimAbout } from '../../claims/claim.js';
import type { NounPhrase } from '../../claims/noun-phrase.js';
import type { Ontology } from '../../claims/ontology.js';
import { parseCaption } from '../../claims/parse-caption.js';
import { checkCaption } from './check-caption.js';
import { ImageReading } from './image-reading.js';

const ONTOLOGY: Ontology = {
  nouns: ['cat', 'dog'],
  attributes: { size: ['big', 'small'], colour: ['red', 'blue'] },
  unsaid: {},
};
const square = (x: number, y: number): BoxUnit => ({ x0: x - 0.1, y0: y - 0.1, x1: x + 0.1, y1: y + 0.1 });
const [topLeft, top, bottomRight] = [square(0.16, 0.16), square(0.5, 0.16), square(0.84, 0.84)];

/** A box with its cosine by name, -1 where none is given. */
interface Seen {
  readonly box: BoxUnit;
  readonly names: Readonly<Record<string, number>>;
}

/** All that can be said of a noun. */
function subjectsOf({ nouns, attributes }: Ontology): NounPhrase[] {
  return Object.entries(attributes).reduce<NounPhrase[]>(
    (subjects, [name, values]) =>
      subjects.flatMap((subject) =>
        values.map((value) => ({ ...subject, attributes: { ...subject.attributes, [name]: value } })),
      ),
    nouns.map((noun) => ({ noun, attributes: {} })),
  );
}

/** Checks a caption where these are seen: of each clause and each thing left out its issue, or what comes of it. */
function check(caption: string, seen: readonly Seen[], { band = 0, ontology = ONTOLOGY } = {}) {
  const subjects = subjectsOf(ontology);
  const reading = new ImageReading({
    ...{ size: { width: 64, height: 64 }, boxes: seen.map(({ box }) => box), subjects, ontology },
    logitScale: 100,
    cosines: seen.map(({ names }) =>
      subjects.map(({ noun, attributes }) => names[[...Object.values(attributes), noun].join(' ')] ?? -1),
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

const redCat: Seen = { box: topLeft, names: { 'small red cat': 1 } };
const blueDog: Seen = { box: bottomRight, names: { 'big blue dog': 1 } };

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
    const twins: Seen[] = [redCat, { box: bottomRight, names: { 'big red cat': 1 } }];
    const clause = 'a small red cat at the top left';
    expect(check(`${clause} .`, twins)).toEqual([
      'holds',
      ['object', `${clause} .`, 'there is a big red cat at the bottom right'],
    ]);
    expect(check(`${clause} , ${clause} .`, [redCat])).toEqual([
      'holds',
      ['object', clause, 'there is no further red cat'],
    ]);
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
    expect(check(caption, [{ box: bottomRight, names: { 'big blue dog': 0.5 } }])).toEqual([
      ['object', 'a small red dog at the top', 'there is no red dog'],
    ]);
  });

  it('gives what is placed its object before what is only named, in either order', () => {
    const placed = 'a red cat at the top left';
    expect(check(`${placed} , a red cat .`, [redCat])).toEqual(['holds', 'holds']);
    expect(check(`a red cat , ${placed} .`, [redCat])).toEqual(['holds', 'holds']);
    // What is left unsaid is shared with nothing: a dog is no cat.
    expect(check('a dog .', [redCat])).toEqual([
      ['object', 'a dog', 'there is no dog'],
      ['object', 'a dog .', 'there is a small red cat at the top left'],
    ]);
  });

  it('takes a clause for right whose thing is seen behind another one, once', () => {
    const covered: Seen = {
      box: { ...topLeft, x0: topLeft.x0 + 0.02 },
      names: { 'small blue dog': 0.8 },
    };
    const caption = 'a small red cat at the top left , a small blue dog at the top left .';
    expect(check(caption, [redCat, covered])).toEqual(['holds', 'holds']);
    // Once.
    const twice = `${caption.slice(0, -2)} , a small blue dog at the top left .`;
    expect(check(twice, [redCat, covered])).toEqual([
      ...['holds', 'holds'],
      ['object', 'a small blue dog at the top left', 'there is no further blue dog'],
    ]);
    // It is not asked for.
    expect(check('a small red cat at the top left .', [redCat, covered])).toEqual(['holds']);
  });

  it('takes one box for one thing, which is what it is the most surely', () => {
    // p(cat) = 1 / (1 + e^-0.5) = 0.62, p(dog) = 0.38: either would do for a clause of its own.
    const either: Seen = { box: topLeft, names: { 'small red cat': 1, 'small red dog': 0.995 } };
    const [cat, dog] = ['a small red cat at the top left', 'a small red dog at the top left'];
    expect(check(`${dog} .`, [either])).toEqual(['holds']);
    expect(check(`${cat} , ${dog} .`, [either])).toEqual([
      'holds',
      ['object', dog, 'there is no further red dog'],
    ]);
    expect(check(`${dog} , ${cat} .`, [either])).toEqual([
      ['object', dog, 'there is no further red dog'],
      'holds',
    ]);
  });

  it('corrects in place where an ontology has no colours, or no attributes at all', () => {
    const bare: Ontology = { nouns: ['cat', 'dog'], attributes: {}, unsaid: {} };
    const cat: Seen = { box: bottomRight, names: { cat: 1 } };
    expect(check('a cat at the top left .', [cat], { ontology: bare })).toEqual([
      ['relation', 'a cat at the top left', 'a cat at the bottom right'],
    ]);
    expect(check('a dog at the bottom right .', [cat], { ontology: bare })).toEqual([
      ['object', 'a dog at the bottom right', 'a cat at the bottom right'],
    ]);
  });

  it('can not tell what it does not know, or what is too near to the threshold', () => {
    expect(check('a big green bird at the top .', [redCat])[0]).toBe('unknown');
    expect(
      check('a small red dog at the bottom .', [{ box: top, names: { 'big blue cat': 1 } }], {
        band: 0.3,
      })[0],
    ).toBe('unknown');
  });
});
