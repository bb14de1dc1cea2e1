import type { BoxUnit } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import type { Ontology } from '../../claims/ontology.js';
import { parseCaption } from '../../claims/parse-caption.js';
import { checkClause } from './check-clause.js';
import { ImageReading } from './image-reading.js';

const ontology: Ontology = { nouns: ['cat', 'dog'], attributes: { size: ['big', 'small'] }, unsaid: {} };
const subjects = ontology.nouns.flatMap((noun) =>
  ['big', 'small'].map((size) => ({ noun, attributes: { size } })),
);
const square = (x: number, y: number): BoxUnit => ({
  x0: x - 0.15,
  y0: y - 0.15,
  x1: x + 0.15,
  y1: y + 0.15,
});

/** Checks a clause where boxes have these cosines with a big cat, a small cat, a big dog and a small dog. */
function check(clause: string, boxes: readonly BoxUnit[], cosines: readonly (readonly number[])[], band = 0) {
  const size = { width: 64, height: 64 };
  const reading = new ImageReading({ size, boxes, subjects, ontology, cosines, logitScale: 20 });
  const thresholds = { existence: 0.25, band, attribute: 0.6, boxIou: 0.4, place: 0.06, missing: 0.6 };
  const [claim] = parseCaption(clause, ontology);
  if (claim?.about !== 'object') throw new Error('not a clause');
  return checkClause(claim, { reading, ontology, thresholds, response: clause });
}

describe('checkClause', () => {
  const boxes = [square(0.2, 0.2), square(0.8, 0.8)];
  const bigCat = [
    [0.9, 0, 0, 0],
    [0, 0, 0, 0],
  ];

  it('bears out what is there, as it is said and where', () => {
    expect(check('a big cat at the top left', boxes, bigCat)).toMatchObject({ state: 'holds', issues: [] });
    expect(check('a cat', boxes, bigCat).state).toBe('holds');
  });

  it.each([
    ['object', 'a big dog at the top left', 'there is no dog'],
    ['relation', 'a big cat at the bottom right', 'a big cat at the top left'],
    ['attribute', 'a small cat at the top left', 'a big cat at the top left'],
  ])('names the %s that is wrong in %j', (kind, claim, correction) => {
    const { state, issues } = check(claim, boxes, bigCat);
    expect(state).toBe('fails');
    expect(issues).toMatchObject([{ kind, claim, correction, evidence: { boxes: [expect.anything()] } }]);
  });

  it('can not tell what is unknown, or too near to the threshold', () => {
    const unknown = { state: 'unknown', confidence: 0.5, issues: [] };
    expect(check('a big bird at the top left', boxes, bigCat)).toEqual(unknown);
    expect(check('a big cat at the top left', boxes, bigCat, 0.9)).toEqual(unknown);
  });

  it('never corrects a place to the same place', () => {
    // The best candidate's centre is beyond the top left (1/3 and a slack of 0.06), its weaker neighbours'
    // within. Their mean is at the top left, (0.26 x 0.4 + 3 x 0.24 x 0.301) / 0.98 = 0.327, though each
    // neighbour is under the threshold.
    const neighbour = square(0.301, 0.2);
    const near = [square(0.4, 0.2), neighbour, neighbour, neighbour];
    const evidence = [0.26, 0.24, 0.24, 0.24].map((cosine) => [cosine, -1, -1, -1]);
    expect(check('a big cat at the top left', near, evidence).state).toBe('holds');
  });
});
