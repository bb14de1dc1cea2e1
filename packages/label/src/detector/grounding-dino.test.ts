import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { changedFolder, patchImage, TINY_FOLDER } from './detector.test-support.js';
import { detectorContract } from '../../../data/src/detector-contract.test-support.js';
import { createGroundingDino, type GroundingDino, type GroundingDinoOptions } from './grounding-dino.js';

// Short side 32: images go into the tiny model as they are.
const red = await patchImage(64, 32, [{ colour: '#ff0000', at: [16, 8, 16, 8] }]);
const both = await patchImage(32, 48, [
  { colour: '#ff0000', at: [0, 0, 8, 12] },
  { colour: '#00ff00', at: [16, 24, 16, 24] },
]);
const none = await patchImage(32, 32, []);
const RED_BOX = { x0: 0.25, y0: 0.25, x1: 0.5, y1: 0.5 };

const open: GroundingDino[] = [];
async function make(options: Partial<GroundingDinoOptions> = {}): Promise<GroundingDino> {
  const detector = await createGroundingDino({ folder: TINY_FOLDER, threads: 1, ...options });
  open.push(detector);
  return detector;
}
afterAll(async () => {
  for (const detector of open) await detector.release();
});

const cases = [
  { image: red, phrases: ['a red square', 'a green circle'], finds: ['a red square'] },
  { image: both, phrases: ['red', 'green', 'blue', 'cat'], finds: ['red', 'green'] },
  { image: none, phrases: ['red'], finds: [] },
];
for (const batchSize of [1, 2, 8])
  detectorContract(`Grounding DINO, ${batchSize} a batch,`, () => make({ batchSize }), cases);
detectorContract('Grounding DINO with few tokens a text', () => make({ batchSize: 3, maxTokens: 6 }), cases);
detectorContract('Grounding DINO of fixed shapes', () => make({ weights: 'onnx/model_fixed.onnx' }), cases);

describe('createGroundingDino', () => {
  it('finds boxes and scores that are known', async () => {
    // A pure colour has logit 8 * 1 - 4 for its word; grey is 0x77 = 119 on all channels, so red is
    // 255 - 0 above the others.
    const [found] = await (await make()).detect([{ image: red, phrases: ['A red square'] }]);
    expect(found).toEqual([
      { box: RED_BOX, label: 'A red square', score: expect.closeTo(1 / (1 + Math.exp(-4)), 5) as number },
    ]);
  });

  it('scales boxes with images that are resized, in a batch that is padded', async () => {
    const large = await patchImage(640, 320, [{ colour: '#ff0000', at: [160, 80, 160, 80] }]);
    const found = await (await make({ batchSize: 4 })).detect(
      [large, both, red].map((image) => ({ image, phrases: ['red'] })),
    );
    for (const [i, box] of [RED_BOX, { x0: 0, y0: 0, x1: 0.25, y1: 0.25 }, RED_BOX].entries())
      for (const [side, value] of Object.entries(box))
        expect(Math.abs((found[i]?.[0]?.box[side as keyof typeof box] ?? 9) - value)).toBeLessThan(1 / 64);
  });

  it('resolves labels that span phrases to the surest', async () => {
    // "crimson" has 0.9 of red's strength: logit 3.2.
    const phrases = ['crimson', 'red'];
    const [found] = await (await make()).detect([{ image: red, phrases }]);
    expect(found?.map(({ label }) => label)).toEqual(['red']);
    const [apart] = await (await make({ maxTokens: 4 })).detect([{ image: red, phrases }]);
    expect(apart?.map(({ label }) => label)).toEqual(['red', 'crimson']);
  });

  it('keeps to its thresholds', async () => {
    const count = async (options: Partial<GroundingDinoOptions>) =>
      (await (await make(options)).detect([{ image: both, phrases: ['red', 'green'] }]))[0]?.length;
    // The second query for red has 0.9 of the sides: IoU 0.81, logit 8 * 0.9 - 4 = 3.2,
    // probability 0.961; pure ones 0.982.
    expect(await count({})).toBe(2);
    expect(await count({ iouThreshold: 0.82 })).toBe(3);
    expect(await count({ iouThreshold: 0.82, boxThreshold: 0.97 })).toBe(2);
    expect(await count({ boxThreshold: 0.99 })).toBe(0);
    expect(await count({ textThreshold: 0.99 })).toBe(0);
    expect(await count({ maxDetections: 1 })).toBe(1);
    // Red has 1/16 of the image, green a quarter.
    expect(await count({ minArea: 0.1 })).toBe(1);
  });

  it('says where labels come from', async () => {
    const detector = await make({ boxThreshold: 0.4, name: 'tiny' });
    const weights = await readFile(join(TINY_FOLDER, 'onnx/model.onnx'));
    expect(detector.provenance(['A cat', 'a cat.', 'red'])).toEqual({
      detector: 'tiny',
      weightsSha256: createHash('sha256').update(weights).digest('hex'),
      thresholds: {
        boxThreshold: 0.4,
        textThreshold: 0.25,
        iouThreshold: 0.7,
        minArea: 0,
        maxDetections: 100,
        maxTokens: 256,
      },
      prompt: 'a cat. red.',
    });
  });

  it('notices an abort between passes', async () => {
    const controller = new AbortController();
    const detector = await make();
    const requests = Array.from({ length: 200 }, () => ({ image: red, phrases: ['red'] }));
    setTimeout(() => controller.abort(new Error('enough')), 1);
    await expect(detector.detect(requests, { signal: controller.signal })).rejects.toThrow('enough');
    // And it goes on working.
    expect((await detector.detect(requests.slice(0, 1)))[0]).toHaveLength(1);
  });

  it('says what is missing and where it is to be had', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-dino-'));
    await expect(createGroundingDino({ folder })).rejects.toMatchObject({
      code: 'label/missing-file',
      message: expect.stringMatching(
        new RegExp(
          `${folder}.*config.json, preprocessor_config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx or .*` +
            'hf download onnx-community/grounding-dino-tiny-ONNX',
        ),
      ) as string,
    });
    await cp(TINY_FOLDER, folder, { recursive: true });
    await rm(join(folder, 'tokenizer.json'));
    await expect(createGroundingDino({ folder })).rejects.toThrow(/missing there: tokenizer.json\. /);
    await expect(createGroundingDino({ folder: TINY_FOLDER, weights: 'onnx/none.onnx' })).rejects.toThrow(
      'missing there: onnx/none.onnx',
    );
  });

  it('refuses models of another kind, all faults at once', async () => {
    const bad = (weights: string) => createGroundingDino({ folder: TINY_FOLDER, weights });
    await expect(bad('onnx/model_other.onnx')).rejects.toMatchObject({
      code: 'label/bad-model',
      message: expect.stringMatching(
        /input pixel_values is missing\n.*input_ids is missing\n[^]*input size is unknown\n\s*output pred_boxes is missing/,
      ) as string,
    });
    await expect(bad('onnx/model_pairs.onnx')).rejects.toThrow('free batch or one of 1, got 2');
    await expect(bad('config.json')).rejects.toMatchObject({ code: 'label/bad-model' });
  });

  it('refuses configs of another kind', async () => {
    const refusal = async (file: string, changes: Record<string, unknown>) =>
      expect(createGroundingDino({ folder: await changedFolder(file, changes) })).rejects;
    await (await refusal('config.json', { model_type: 'owlvit' })).toMatchObject({ code: 'label/bad-model' });
    await (await refusal('preprocessor_config.json', { size: { height: 5 } })).toThrow('size.shortest_edge');
    await (await refusal('preprocessor_config.json', { do_rescale: false })).toThrow('do_rescale');
    await (await refusal('tokenizer.json', { model: { type: 'Odd' } })).toMatchObject({
      code: 'label/bad-model',
    });
  });

  it('refuses outputs of other shapes than the config says', async () => {
    const folder = await changedFolder('config.json', { num_queries: 300 });
    const detector = await make({ folder });
    await expect(detector.detect([{ image: red, phrases: ['red'] }])).rejects.toMatchObject({
      code: 'label/bad-output',
      message: expect.stringContaining('logits [1, 900, 256]') as string,
    });
  });

  it('refuses settings out of range, all at once', async () => {
    const options = { folder: TINY_FOLDER, boxThreshold: 1.5, iouThreshold: NaN, maxDetections: 0 };
    await expect(createGroundingDino(options)).rejects.toMatchObject({
      code: 'label/bad-config',
      message: expect.stringMatching(/boxThreshold 1.5.*iouThreshold NaN.*maxDetections 0/) as string,
    });
    await expect(createGroundingDino({ folder: TINY_FOLDER, batchSize: 0, maxTokens: 3 })).rejects.toThrow(
      /batchSize 0.*maxTokens 3/,
    );
  });

  it('finds nothing by half: one broken image fails the call', async () => {
    const detector = await make();
    const path = join(await mkdtemp(join(tmpdir(), 'fgam-dino-')), 'broken.png');
    await writeFile(path, red.subarray(0, 60));
    const requests = [red, path].map((image) => ({ image, phrases: ['red'] }));
    await expect(detector.detect(requests)).rejects.toMatchObject({
      code: 'label/bad-image',
      message: expect.stringContaining(path) as string,
    });
  });
});
