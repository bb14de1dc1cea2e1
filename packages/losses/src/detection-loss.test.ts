import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectionLoss } from './detection-loss.js';
import { expectGradient, expectNoLeak, numberOf } from './test-support.js';

type Four = readonly [number, number, number, number];

/** The definition, box by box, in double precision. */
function giouOf(a: Four, b: Four): number {
  const edges = ([x, y, w, h]: Four) => ({ x0: x - w / 2, y0: y - h / 2, x1: x + w / 2, y1: y + h / 2 });
  const [p, q] = [edges(a), edges(b)];
  const shared =
    Math.max(0, Math.min(p.x1, q.x1) - Math.max(p.x0, q.x0)) *
    Math.max(0, Math.min(p.y1, q.y1) - Math.max(p.y0, q.y0));
  const union = a[2] * a[3] + b[2] * b[3] - shared;
  const hull = (Math.max(p.x1, q.x1) - Math.min(p.x0, q.x0)) * (Math.max(p.y1, q.y1) - Math.min(p.y0, q.y0));
  return shared / union - (hull - union) / hull;
}

function focalOf(z: number, wanted: boolean): number {
  const p = 1 / (1 + Math.exp(-z));
  return wanted ? -0.25 * (1 - p) ** 2 * Math.log(p) : -0.75 * p ** 2 * Math.log(1 - p);
}

test('of one phrase it is that of two of which one is masked', () => {
  const boxes = tf.tensor3d([
    [
      [0.5, 0.5, 0.2, 0.2],
      [0.5, 0.5, 0.2, 0.2],
    ],
  ]);
  const shared = { boxes, targets: boxes, labels: tf.tensor2d([[0, -1]], [1, 2], 'int32') };
  const one = detectionLoss({ ...shared, logits: tf.tensor3d([[[0.3], [-0.2]]]) });
  const logits = tf.tensor3d([
    [
      [0.3, 5],
      [-0.2, 5],
    ],
  ]);
  const two = detectionLoss({ ...shared, logits, phraseMask: tf.tensor1d([1, 0]) });
  expect(numberOf(one.total)).toBeCloseTo(numberOf(two.total), 6);
  expect(numberOf(one.classification)).toBeCloseTo(focalOf(0.3, true) + focalOf(-0.2, false), 6);
});

test('by hand: one object, one background token', () => {
  const parts = detectionLoss({
    logits: tf.tensor3d([
      [
        [0, 0],
        [0, -2],
      ],
    ]),
    labels: tf.tensor2d([[1, -1]], [1, 2], 'int32'),
    boxes: tf.tensor3d([
      [
        [0.5, 0.5, 0.2, 0.2],
        [0.1, 0.1, 0.9, 0.9],
      ],
    ]),
    targets: tf.tensor3d([
      [
        [0.6, 0.5, 0.2, 0.2],
        [0, 0, 0, 0],
      ],
    ]),
  });
  // Boxes 0.4..0.6 and 0.5..0.7, 0.2 high: shared 0.02, union 0.06, hull 0.06: GIoU 1/3.
  expect(numberOf(parts.giou)).toBeCloseTo(2 / 3, 4);
  expect(numberOf(parts.l1)).toBeCloseTo(0.1, 5);
  // ln 2 = 0.693147: 0.25 * 0.25 * ln 2 of the object's phrase, 0.75 * 0.25 * ln 2 of two others, and
  // sigma(-2) = 0.119203: 0.75 * 0.0142093 * 0.126928.
  expect(numberOf(parts.classification)).toBeCloseTo((0.0625 + 2 * 0.1875) * Math.LN2 + 0.0013527, 5);
  expect(numberOf(parts.total)).toBeCloseTo(
    numberOf(parts.classification) + 2.5 * numberOf(parts.l1) + numberOf(parts.giou),
    5,
  );
});

test('equals the definition over images, tokens and phrases', () => {
  const box = fc.tuple(
    ...[0.2, 0.2].map((least) => fc.double({ min: least, max: 0.8, noNaN: true })),
    ...[0.1, 0.1].map((least) => fc.double({ min: least, max: 0.6, noNaN: true })),
  );
  const boxes = fc.array(box, { minLength: 6, maxLength: 6 });
  const z = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 18, maxLength: 18 });
  const labels = fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(z, labels, boxes, boxes, (logits, y, found, truth) => {
      const four = (rows: readonly (readonly number[])[]) => rows as unknown as Four[];
      const [a, b] = [four(found), four(truth)];
      const objects = Math.max(1, y.filter((label) => label >= 0).length);
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / objects;
      const at = y.flatMap((label, n) => (label >= 0 ? [n] : []));
      const parts = detectionLoss({
        logits: tf.tensor(logits, [2, 3, 3]),
        labels: tf.tensor(y, [2, 3], 'int32'),
        boxes: tf.tensor(found.flat(), [2, 3, 4]),
        targets: tf.tensor(truth.flat(), [2, 3, 4]),
      });
      expect(numberOf(parts.classification)).toBeCloseTo(
        sum(logits.map((each, i) => focalOf(each, y[Math.floor(i / 3)] === i % 3))),
        3,
      );
      expect(numberOf(parts.giou)).toBeCloseTo(sum(at.map((n) => 1 - giouOf(a[n] as Four, b[n] as Four))), 3);
      expect(numberOf(parts.l1)).toBeCloseTo(
        sum(at.flatMap((n) => (a[n] as Four).map((value, k) => Math.abs(value - (b[n]?.[k] ?? 0))))),
        4,
      );
    }),
    { numRuns: 60 },
  );
});

test('no object, masked phrases, and boxes of background', () => {
  const logits = tf.tensor3d([[[3, 9]]]);
  const inputs = {
    logits,
    labels: tf.tensor2d([[-1]], [1, 1], 'int32'),
    boxes: tf.tensor3d([[[0.5, 0.5, 0.2, 0.2]]]),
    targets: tf.zeros([1, 1, 4]),
  };
  const { l1, giou, classification } = detectionLoss({ ...inputs, phraseMask: tf.tensor1d([1, 0]) });
  expect([l1, giou].map(numberOf)).toEqual([0, 0]);
  expect(numberOf(classification)).toBeCloseTo(focalOf(3, false), 4);
  expect(numberOf(detectionLoss(inputs).classification)).toBeCloseTo(
    focalOf(3, false) + focalOf(9, false),
    3,
  );
});

test('gradients, tensors, errors', () => {
  const labels = tf.tensor2d([[1, -1, 0]], [1, 3], 'int32');
  const logits = tf.tensor3d([
    [
      [0.3, -0.4],
      [1, -1],
      [0.2, 0.1],
    ],
  ]);
  const boxes = tf.tensor3d([
    [
      [0.5, 0.5, 0.3, 0.2],
      [0.2, 0.3, 0.2, 0.2],
      [0.35, 0.6, 0.3, 0.3],
    ],
  ]);
  const targets = tf.tensor3d([
    [
      [0.6, 0.42, 0.44, 0.3],
      [0, 0, 0, 0],
      [0.7, 0.2, 0.22, 0.35],
    ],
  ]);
  expectGradient((z, b) => detectionLoss({ logits: z, labels, boxes: b, targets }).total, [logits, boxes]);
  expectNoLeak(() => detectionLoss({ logits, labels, boxes, targets }).total);
  expect(() => detectionLoss({ logits, labels: tf.zeros([1, 2], 'int32'), boxes, targets })).toThrow(
    'detectionLoss: expected labels to be [1, 3], got [1, 2]; give one label and two boxes a token',
  );
  expect(() => detectionLoss({ logits, labels, boxes, targets, phraseMask: tf.ones([3]) })).toThrow(
    'phraseMask to be [2], got [3]',
  );
});
