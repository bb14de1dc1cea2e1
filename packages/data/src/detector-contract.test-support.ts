import type { Detection, Detector, ImageSource } from '@fgam/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A request and the labels that must be among what is found. */
export interface DetectorCase {
  readonly image: ImageSource;
  readonly phrases: readonly string[];
  readonly finds: readonly string[];
}

/**
 * What every detector keeps to.
 *
 * @param makeDetector - called once
 * @param cases - at least two of different images, one that finds something
 */
export function detectorContract(
  name: string,
  makeDetector: () => Promise<Detector & { release?: () => Promise<void> }>,
  cases: readonly DetectorCase[],
): void {
  describe(`${name} keeps to the contract of detectors`, () => {
    let detector: Detector & { release?: () => Promise<void> };
    let all: ReturnType<Detector['detect']> | undefined;
    /** What it finds in all cases, asked once. */
    const findAll = () => (all ??= detector.detect(cases));
    beforeAll(async () => {
      detector = await makeDetector();
    });
    afterAll(() => detector.release?.());

    it('has a name', () => {
      expect(detector.name).not.toBe('');
    });

    it('finds what is there, under the phrases asked for, in boxes within the image', async () => {
      const found = await findAll();
      expect(found).toHaveLength(cases.length);
      for (const [i, { phrases, finds }] of cases.entries()) {
        const detections = found[i] ?? [];
        expect(detections.map(({ label }) => label)).toEqual(expect.arrayContaining([...finds]));
        for (const { box, label, score } of detections) {
          expect(phrases).toContain(label);
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(Math.min(box.x0, box.y0)).toBeGreaterThanOrEqual(0);
          expect(Math.max(box.x1, box.y1)).toBeLessThanOrEqual(1);
          expect(box.x1).toBeGreaterThan(box.x0);
          expect(box.y1).toBeGreaterThan(box.y0);
        }
      }
      expect(found.flat().length).toBeGreaterThan(0);
    });

    it('gives one list a request, in order, the same in any batch', async () => {
      const found = await findAll();
      expectAlike(await detector.detect([...cases].reverse()), [...found].reverse());
      for (const [i, request] of cases.entries())
        expectAlike(await detector.detect([request]), [found[i] ?? []]);
    });

    it('finds nothing for no phrases, and gives an empty list for an empty list', async () => {
      const image = cases[0]?.image ?? '';
      expect(await detector.detect([{ image, phrases: [] }])).toEqual([[]]);
      expect(await detector.detect([])).toEqual([]);
    });

    it('refuses what is no image', async () => {
      const request = { image: new Uint8Array([1, 2, 3]), phrases: cases[0]?.phrases ?? [] };
      await expect(detector.detect([request])).rejects.toMatchObject({
        code: expect.stringContaining('bad-image') as string,
      });
    });

    it('rejects with the reason of an aborted signal', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(detector.detect(cases, { signal })).rejects.toThrow('enough');
    });
  });
}

/** Sums in another order, or padding, may change the last digits. */
function expectAlike(
  found: readonly (readonly Detection[])[],
  expected: readonly (readonly Detection[])[],
): void {
  const rounded = (lists: readonly (readonly Detection[])[]) =>
    lists.map((list) =>
      list.map(({ box, label, score }) => ({
        label,
        numbers: [box.x0, box.y0, box.x1, box.y1, score].map((value) => expect.closeTo(value, 4) as number),
      })),
    );
  const plain = found.map((list) =>
    list.map(({ box, label, score }) => ({ label, numbers: [box.x0, box.y0, box.x1, box.y1, score] })),
  );
  expect(plain).toEqual(rounded(expected));
}
