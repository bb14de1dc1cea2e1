import type { BoxUnit, ImageSource, RegionCaptioner } from '@fgam/data';
import { describe, expect, it } from 'vitest';

/**
 * What every region captioner keeps to.
 *
 * @param makeCaptioner - called once a test
 * @param requests - at least two, on images that exist
 */
export function regionCaptionerContract(
  name: string,
  makeCaptioner: () => RegionCaptioner | Promise<RegionCaptioner>,
  requests: () => readonly { readonly image: ImageSource; readonly box: BoxUnit }[],
): void {
  describe(`${name} keeps to the contract of region captioners`, () => {
    it('has a name', async () => {
      expect((await makeCaptioner()).name).not.toBe('');
    });

    it('gives one text a request, in order, the same in any batch', async () => {
      const captioner = await makeCaptioner();
      const texts = await captioner.describe(requests());
      expect(texts).toHaveLength(requests().length);
      expect(await captioner.describe([...requests()].reverse())).toEqual([...texts].reverse());
      for (const [i, request] of requests().entries())
        expect(await captioner.describe([request])).toEqual([texts[i]]);
    });

    it('gives one line of text, with nothing around it', async () => {
      for (const text of await (await makeCaptioner()).describe(requests())) {
        expect(text).toBe(text.trim());
        expect(text).not.toBe('');
        expect(text).not.toMatch(/[\r\n]/);
      }
    });

    it('gives an empty list for an empty list', async () => {
      expect(await (await makeCaptioner()).describe([])).toEqual([]);
    });

    it('rejects with the reason of an aborted signal', async () => {
      const captioner = await makeCaptioner();
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(captioner.describe(requests(), { signal })).rejects.toThrow('enough');
    });

    it('refuses a missing image', async () => {
      const captioner = await makeCaptioner();
      const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
      await expect(captioner.describe([{ image: '/no/such/photo.png', box }])).rejects.toThrow('photo.png');
    });
  });
}
