import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RegionTextInputs, regionTextLoss } from './region-text-loss.js';
import {
  dot,
  expectGradient,
  expectNoLeak,
  matrix,
  negativeLogSoftmax,
  numberOf,
  unit,
} from './test-support.js';

interface Plain {
  readonly regions: readonly number[][];
  readonly texts: readonly number[][];
  readonly theta: number;
  readonly mask?: readonly number[];
  readonly groups?: readonly number[];
  readonly negatives?: readonly number[][];
  readonly negativeMask?: readonly number[];
  readonly negativeGroups?: readonly number[];
}

/** The definition, pair by pair, in double precision: masked rows are left out, not masked. */
function slowLoss({
  regions,
  texts,
  theta,
  mask,
  groups,
  negatives = [],
  negativeMask,
  negativeGroups,
}: Plain): number {
  const s = Math.min(100, Math.max(1, Math.exp(theta)));
  const kept = regions.map((_, i) => i).filter((i) => mask === undefined || mask[i] === 1);
  let sum = 0;
  for (const i of kept) {
    const extra = negatives.filter(
      (_, n) =>
        negativeMask?.[n] !== 0 && (negativeGroups === undefined || negativeGroups[n] !== groups?.[i]),
    );
    const toTexts = [...kept.map((j) => texts[j] as number[]), ...extra].map(
      (t) => s * dot(regions[i] as number[], t),
    );
    const toRegions = kept.map((j) => s * dot(regions[j] as number[], texts[i] as number[]));
    const positives = kept.flatMap((j, at) => (j === i || (groups && groups[j] === groups[i]) ? [at] : []));
    for (const at of positives) {
      sum += (negativeLogSoftmax(toTexts, at) + negativeLogSoftmax(toRegions, at)) / positives.length;
    }
  }
  return kept.length === 0 ? 0 : sum / (2 * kept.length);
}

function tensorsOf({
  regions,
  texts,
  theta,
  mask,
  groups,
  negatives,
  negativeMask,
  negativeGroups,
}: Plain): RegionTextInputs {
  return {
    regions: tf.tensor2d(regions as number[][]),
    texts: tf.tensor2d(texts as number[][]),
    logitScale: tf.scalar(theta),
    mask: mask && tf.tensor1d(mask as number[]),
    textGroups: groups && tf.tensor1d(groups as number[], 'int32'),
    negatives: negatives && tf.tensor2d(negatives as number[][]),
    negativeMask: negativeMask && tf.tensor1d(negativeMask as number[]),
    negativeGroups: negativeGroups && tf.tensor1d(negativeGroups as number[], 'int32'),
  };
}

const lossOf = (plain: Plain) => tf.tidy(() => numberOf(regionTextLoss(tensorsOf(plain))));

const COUNT = 5;
const EXTRA = 3;
const bits = (length: number) => fc.array(fc.constantFrom(0, 1), { minLength: length, maxLength: length });
const numbers = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 2 }), { minLength: length, maxLength: length });
const plain: fc.Arbitrary<Plain> = fc.record(
  {
    regions: matrix(COUNT, 3).map((rows) => rows.map(unit)),
    texts: matrix(COUNT, 3).map((rows) => rows.map(unit)),
    theta: fc.double({ min: 0, max: 3.5, noNaN: true }),
    mask: bits(COUNT),
    groups: numbers(COUNT),
    negatives: matrix(EXTRA, 3).map((rows) => rows.map(unit)),
    negativeMask: bits(EXTRA),
    negativeGroups: numbers(EXTRA),
  },
  { requiredKeys: ['regions', 'texts', 'theta', 'groups', 'negatives'] },
);

describe('regionTextLoss', () => {
  test('by hand: two pairs, s = 2', () => {
    // v1 = (1, 0), v2 = (0, 1), t1 = (1, 0), t2 = (0.6, 0.8). Logits 2 v.t: [[2, 1.2], [0, 1.6]].
    // Regions: log(1 + e^-0.8) = 0.371101 and log(1 + e^-1.6) = 0.183901.
    // Texts: column 1 log(1 + e^-2) = 0.126928, column 2 log(1 + e^-0.4) = 0.513015.
    // Sum 1.194945, over 2B = 4: 0.298736.
    const regions = [
      [1, 0],
      [0, 1],
    ];
    const texts = [
      [1, 0],
      [0.6, 0.8],
    ];
    expect(lossOf({ regions, texts, theta: Math.log(2) })).toBeCloseTo(0.298736, 5);
  });

  test('by hand: duplicates are positives, a hard negative is one more column', () => {
    const regions = [
      [1, 0],
      [1, 0],
    ];
    const texts = [
      [1, 0],
      [1, 0],
    ];
    // Two regions of the same words: whatever the target over the two, each side is log 2.
    expect(lossOf({ regions, texts, theta: 0, groups: [4, 4] })).toBeCloseTo(Math.log(2), 5);
    // One pair, s = 1, a negative at cosine 0: log(1 + e^-1) = 0.313262 for the region, 0 for
    // the text; half of the sum.
    const one = { regions: [[1, 0]], texts: [[1, 0]], theta: 0, negatives: [[0, 1]] };
    expect(lossOf(one)).toBeCloseTo(0.313262 / 2, 5);
    // The same negative under the number of the region's own description is none.
    expect(lossOf({ ...one, groups: [7], negativeGroups: [7] })).toBeCloseTo(0, 6);
  });

  test('equals the definition, with any mixture of masks, groups and negatives', () => {
    fc.assert(
      fc.property(plain, (inputs) => {
        expect(Math.abs(lossOf(inputs) - slowLoss(inputs))).toBeLessThan(2e-4);
      }),
      { numRuns: 100 },
    );
  });

  test('groups of texts with one embedding are as good as none', () => {
    fc.assert(
      fc.property(plain, ({ regions, texts, theta, groups = [] }) => {
        const shared = groups.map((group) => texts[group] ?? []);
        const pairs = { regions, texts: shared, theta };
        expect(Math.abs(lossOf({ ...pairs, groups }) - lossOf(pairs))).toBeLessThan(2e-4);
      }),
      { numRuns: 100 },
    );
  });

  test('the order of pairs does not matter', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: COUNT, maxLength: COUNT });
    fc.assert(
      fc.property(plain, order, (inputs, places) => {
        const moved = <T>(rows: readonly T[] | undefined) => rows && places.map((i) => rows[i] as T);
        const mask = moved(inputs.mask);
        const groups = moved(inputs.groups);
        const permuted: Plain = {
          ...inputs,
          regions: moved(inputs.regions) as number[][],
          texts: moved(inputs.texts) as number[][],
          ...(mask && { mask }),
          ...(groups && { groups }),
        };
        expect(Math.abs(lossOf(inputs) - lossOf(permuted))).toBeLessThan(1e-4);
      }),
      { numRuns: 50 },
    );
  });

  test('regions and texts change places without negatives', () => {
    const loss = (a: number[][], b: number[][]) =>
      lossOf({ regions: a.map(unit), texts: b.map(unit), theta: 1 });
    fc.assert(
      fc.property(matrix(4, 3), matrix(4, 3), (a, b) => {
        expect(loss(a, b)).toBeCloseTo(loss(b, a), 4);
      }),
      { numRuns: 20 },
    );
  });

  test('the number of padded pairs and what they hold do not matter', () => {
    const real: Plain = {
      regions: [
        [1, 0],
        [0, 1],
      ],
      texts: [
        [0.6, 0.8],
        [0, 1],
      ],
      theta: 2,
      groups: [0, 1],
    };
    const padded: Plain = {
      regions: [...real.regions, [0, 0], [-5, 70]],
      texts: [...real.texts, [0, 0], [3, 90]],
      theta: 2,
      groups: [0, 1, 1, -1],
      mask: [1, 1, 0, 0],
    };
    expect(lossOf(padded)).toBeCloseTo(lossOf(real), 5);
    const { regions, texts, ...rest } = tensorsOf(padded);
    const gradients = tf.grads((v: tf.Tensor, t: tf.Tensor) =>
      regionTextLoss({ ...rest, regions: v, texts: t }),
    )([regions, texts]);
    for (const gradient of gradients)
      expect([...gradient.dataSync().slice(4)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  test('a batch of padding alone has loss and gradient 0', () => {
    const empty = tensorsOf({
      regions: [
        [0, 0],
        [0, 0],
      ],
      texts: [
        [0, 0],
        [0, 0],
      ],
      theta: 2.6,
      mask: [0, 0],
      groups: [-1, -1],
      negatives: [[0, 0]],
      negativeMask: [0],
    });
    expect(numberOf(regionTextLoss(empty))).toBe(0);
    const gradients = tf.grads((v: tf.Tensor, t: tf.Tensor, s: tf.Tensor) =>
      regionTextLoss({ ...empty, regions: v, texts: t, logitScale: s }),
    )([empty.regions, empty.texts, empty.logitScale]);
    for (const gradient of gradients) expect([...gradient.dataSync()].every((x) => x === 0)).toBe(true);
  });

  test('gradient against finite differences', () => {
    const { regions, texts, logitScale, ...rest } = tensorsOf({
      regions: [
        [0.6, 0.8, 0],
        [0, 1, 0],
        [0, 0.6, -0.8],
      ],
      texts: [
        [0.8, 0, 0.6],
        [0, 1, 0],
        [1, 0, 0],
      ],
      theta: 1,
      mask: [1, 1, 0],
      groups: [0, 1, 1],
      negatives: [
        [0, 0.6, 0.8],
        [0.6, 0.8, 0],
      ],
      negativeMask: [1, 0],
      negativeGroups: [1, 0],
    });
    expectGradient(
      (v, t, s, n) =>
        regionTextLoss({
          ...rest,
          regions: v,
          texts: t,
          logitScale: s,
          negatives: n,
        }),
      [regions, texts, logitScale, rest.negatives as tf.Tensor],
    );
  });

  test('stays finite at the largest scale', () => {
    const regions = [
      [1, 0],
      [-1, 0],
    ];
    const texts = [
      [-1, 0],
      [1, 0],
    ];
    expect(lossOf({ regions, texts, theta: 50 })).toBeCloseTo(200, 2);
  });

  test('leaves no tensors', () => {
    const inputs = tensorsOf({
      regions: [[1, 0]],
      texts: [[1, 0]],
      theta: 0,
      groups: [0],
      mask: [1],
      negatives: [[0, 1]],
    });
    expectNoLeak(() => regionTextLoss(inputs));
  });

  test('says which shape is wrong', () => {
    const good = tensorsOf({
      regions: [
        [1, 0],
        [0, 1],
      ],
      texts: [
        [1, 0],
        [0, 1],
      ],
      theta: 0,
      groups: [0, 1],
    });
    const wrong: [Partial<RegionTextInputs>, RegExp][] = [
      [
        { texts: tf.zeros([2, 5]) },
        /regionTextLoss: expected texts to match regions \[2, 2\], got \[2, 5\]; row i/,
      ],
      [{ logitScale: tf.zeros([1]) }, /logitScale to be a scalar \[\], got \[1\]/],
      [{ mask: tf.zeros([3]) }, /mask to be \[2\], got \[3\]/],
      [{ textGroups: tf.zeros([2, 1]) }, /textGroups to be \[2\], got \[2, 1\]/],
      [{ negatives: tf.zeros([4, 3]) }, /negatives to be \[\*, 2\], got \[4, 3\]/],
      [{ negatives: tf.zeros([4, 2]), negativeMask: tf.zeros([2]) }, /negativeMask to be \[4\], got \[2\]/],
      [
        { negatives: tf.zeros([4, 2]), negativeGroups: tf.zeros([2]) },
        /negativeGroups to be \[4\], got \[2\]/,
      ],
      [{ regions: tf.zeros([2]) }, /regions to be \[\*, \*\], got \[2\]/],
    ];
    for (const [part, message] of wrong) {
      expect(() => regionTextLoss({ ...good, ...part })).toThrowError(
        expect.objectContaining({
          code: 'losses/bad-shape',
          message: expect.stringMatching(message) as string,
        }),
      );
    }
  });

  test('refuses what would be without effect', () => {
    const pairs = { regions: tf.eye(2), texts: tf.eye(2), logitScale: tf.scalar(0) };
    const [two, groups] = [tf.ones([2]), tf.tensor1d([0, 1], 'int32')];
    const code = 'losses/bad-option';
    for (const said of [{ negativeMask: two }, { negativeGroups: groups, textGroups: groups }])
      expect(() => regionTextLoss({ ...pairs, ...said })).toThrowError(expect.objectContaining({ code }));
    expect(() => regionTextLoss({ ...pairs, negatives: tf.eye(2), negativeGroups: groups })).toThrow(
      'expected textGroups beside negativeGroups',
    );
  });
});
