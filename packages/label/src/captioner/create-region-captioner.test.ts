import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Region, RegionSample } from '@fgam/data';
import { env } from '@huggingface/transformers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { regionCaptionerContract } from '../describer/region-captioner-contract.test-support.js';
import { loadTransformers } from '../transformers/load-transformers.js';
import { LEFT, RIGHT, TINY_FLORENCE, twoSquares } from './captioner.test-support.js';
import { createRegionCaptioner, type LocalCaptioner } from './create-region-captioner.js';
import type { RegionCaptionerOptions } from './region-captioner-options.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'captioner-'));
});
afterEach(() => rm(folder, { recursive: true }));

const image = await twoSquares('#f00', '#00f');
const opened: LocalCaptioner[] = [];
const create = async (options: Partial<RegionCaptionerOptions> = {}) => {
  const captioner = await createRegionCaptioner({ model: TINY_FLORENCE, ...options });
  opened.push(captioner);
  return captioner;
};
/** Captioners that tests share: to open a model takes longer than to ask it. */
const shared: { [task in 'caption' | 'region-to-description']?: Promise<LocalCaptioner> } = {};
const share = (task: keyof typeof shared) => (shared[task] ??= create({ task }));
afterAll(async () => {
  for (const captioner of opened) await captioner.release();
});

const region = (id: string, box: Region['box'], more: Partial<Region> = {}): Region => ({
  ...{ id, box, label: 'thing', description: 'old words', source: 'coco' },
  ...more,
});
const sampleOf = async (regions: readonly Region[], id = '1'): Promise<RegionSample> => {
  const path = join(folder, `${id}.png`);
  await writeFile(path, image);
  return { id, image: path, width: 80, height: 40, regions };
};
const textsOf = ({ samples }: { readonly samples: readonly RegionSample[] }) =>
  samples.map(({ regions }) => regions.map(({ description }) => description));

for (const task of ['caption', 'region-to-description'] as const)
  regionCaptionerContract(
    `the captioner, ${task}`,
    () => share(task),
    () => [
      { image, box: LEFT },
      { image, box: RIGHT },
    ],
  );

describe('describeRegions', () => {
  let captioner: LocalCaptioner;
  let onePerBatch: LocalCaptioner;
  beforeAll(async () => {
    captioner = await share('caption');
    onePerBatch = await create({ batchSize: 1 });
  });

  it('writes what is in each box, with its provenance', async () => {
    const samples = [await sampleOf([region('a', LEFT), region('b', RIGHT)]), await sampleOf([], '2')];
    const progress: string[] = [];
    const result = await captioner.describeRegions(samples, {
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(textsOf(result)).toEqual([['a red square', 'a blue square'], []]);
    expect(result.samples[0]?.regions[0]?.descriptionProvenance).toEqual({
      captioner: 'tiny-florence-2',
      modelSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      ...{ task: 'caption', margin: 0.1, maxTokens: 96, version: 1 },
    });
    expect(result).toMatchObject({ undescribed: [], usage: { captioned: 2, cached: 0 } });
    expect(progress).toEqual(['1/2', '2/2']);
  });

  it('says the same in batches of any size', async () => {
    const samples = [await sampleOf([region('a', LEFT), region('b', RIGHT), region('c', LEFT)])];
    // Four at once by default: more than there are.
    for (const batches of [captioner, onePerBatch, await create({ batchSize: 2 })])
      expect(textsOf(await batches.describeRegions(samples))).toEqual([
        ['a red square', 'a blue square', 'a red square'],
      ]);
  });

  it('keeps the description where the text contradicts what is known, and lists it', async () => {
    const samples = [await sampleOf([region('a', LEFT, { label: 'green square' }), region('b', RIGHT)])];
    const result = await captioner.describeRegions(samples);
    expect(textsOf(result)).toEqual([['old words', 'a blue square']]);
    expect(result.undescribed).toEqual([
      { sample: '1', region: 'a', reason: 'colour', detail: '"red" is not among the facts' },
    ]);
    expect(result.samples[0]?.regions[0]).not.toHaveProperty('descriptionProvenance');
  });

  it('lists what is cut off', async () => {
    const short = await create({ maxTokens: 3 });
    const { undescribed } = await short.describeRegions([await sampleOf([region('a', LEFT)])]);
    expect(undescribed).toMatchObject([{ region: 'a', reason: 'cut-off' }]);
  });

  it('lists the regions of a photo that cannot be read, and goes on', async () => {
    const broken = { ...(await sampleOf([region('a', LEFT), region('b', LEFT)])), id: 'broken' };
    await writeFile(broken.image, image.subarray(0, 60));
    const result = await captioner.describeRegions([broken, await sampleOf([region('c', LEFT)], '2')]);
    expect(result.undescribed.map(({ region: id, reason }) => [id, reason])).toEqual([
      ['a', 'bad-image'],
      ['b', 'bad-image'],
    ]);
    expect(textsOf(result)).toEqual([['old words', 'old words'], ['a red square']]);
  });

  it('does not mix its descriptions with those of other settings, unless it may replace them', async () => {
    const samples = [await sampleOf([region('a', LEFT), region('b', RIGHT, { label: 'yellow square' })])];
    const other = { captioner: 'x', modelSha256: 'y', task: 'caption', maxTokens: 5, version: 1 };
    const made = samples.map((sample) => ({
      ...sample,
      regions: sample.regions.map((each) => ({ ...each, descriptionProvenance: other })),
    }));
    await expect(captioner.describeRegions(made)).rejects.toMatchObject({ code: 'label/other-settings' });
    const replaced = await captioner.describeRegions(made, { replace: true });
    // It says blue of what is known as yellow: the other captioner's words do not stay.
    expect(textsOf(replaced)).toEqual([['a red square', 'yellow square']]);
    expect(replaced.samples[0]?.regions[1]).not.toHaveProperty('descriptionProvenance');
    // Its own are no others.
    expect(textsOf(await captioner.describeRegions(replaced.samples))).toEqual([
      ['a red square', 'yellow square'],
    ]);
  });

  it('stops between batches', async () => {
    const controller = new AbortController();
    const samples = [await sampleOf(Array.from({ length: 6 }, (_, i) => region(String(i), LEFT)))];
    let seen = 0;
    const work = onePerBatch.describeRegions(samples, {
      signal: controller.signal,
      onProgress(done) {
        seen = done;
        if (done === 2) controller.abort(new Error('enough'));
      },
    });
    await expect(work).rejects.toThrow('enough');
    expect(seen).toBe(2);
  });

  it('sees the whole image and the box with region-to-description', async () => {
    const whole = await share('region-to-description');
    const result = await whole.describeRegions([await sampleOf([region('a', LEFT)])]);
    expect(result.samples[0]?.regions[0]?.descriptionProvenance).toMatchObject({
      task: 'region-to-description',
    });
    expect(result.samples[0]?.regions[0]?.descriptionProvenance).not.toHaveProperty('margin');
  });
});

describe('cache', () => {
  it('makes a rerun ask nothing, and asks again when anything differs that a caption depends on', async () => {
    const samples = [await sampleOf([region('a', LEFT), region('b', RIGHT)])];
    const cache = join(folder, 'cache');
    const ask = async (captioner: LocalCaptioner, of = samples) => {
      const { usage } = await captioner.describeRegions(of);
      return `${usage.captioned} ${usage.cached}`;
    };
    const usageOf = async (options: Partial<RegionCaptionerOptions> = {}) =>
      ask(await create({ cache, ...options }));
    expect(await usageOf()).toBe('2 0');
    const rerun = await create({ cache, batchSize: 1, minWords: 1 });
    expect(await ask(rerun)).toBe('0 2');
    expect(await usageOf({ margin: 0.2 })).toBe('2 0');
    expect(await usageOf({ maxTokens: 50 })).toBe('2 0');
    expect(await usageOf({ task: 'region-to-description' })).toBe('2 0');
    const moved = [await sampleOf([region('a', { ...LEFT, x1: 0.41 }), region('b', RIGHT)])];
    expect(await ask(rerun, moved)).toBe('1 1');
    // The same files in another place are the same model; another file is another.
    const copy = join(folder, 'copy');
    await cp(TINY_FLORENCE, copy, { recursive: true });
    expect(await usageOf({ model: copy })).toBe('0 2');
    await writeFile(
      join(copy, 'generation_config.json'),
      '{ "eos_token_id": 2, "decoder_start_token_id": 2 }',
    );
    expect(await usageOf({ model: copy })).toBe('2 0');
  });
});

describe('createRegionCaptioner', () => {
  it('says which files to put where', async () => {
    await expect(create({ model: folder })).rejects.toMatchObject({
      code: 'label/missing-file',
      message: expect.stringMatching(
        /config\.json.*vision_encoder\.onnx.*hf download onnx-community\/Florence-2-base-ft --local-dir/,
      ) as string,
    });
    await cp(TINY_FLORENCE, folder, { recursive: true });
    await rm(join(folder, 'onnx', 'embed_tokens.onnx'));
    await expect(create({ model: folder })).rejects.toThrow('missing: onnx/embed_tokens.onnx. On a machine');
    await expect(create({ model: folder, weights: 'q8' })).rejects.toThrow(
      'onnx/embed_tokens_quantized.onnx',
    );
    await expect(create({ model: './no/such/folder' })).rejects.toMatchObject({ code: 'label/missing-file' });
  });

  it('refuses other kinds of models, and what is broken', async () => {
    await cp(TINY_FLORENCE, folder, { recursive: true });
    await writeFile(join(folder, 'onnx', 'embed_tokens.onnx'), 'no graph');
    await expect(create({ model: folder })).rejects.toMatchObject({ code: 'label/bad-model' });
    await writeFile(join(folder, 'config.json'), '{ "model_type": "bert" }');
    await expect(create({ model: folder })).rejects.toThrow(
      /of type florence2 or vision-encoder-decoder in .*, got bert/,
    );
  });

  it('lists all faults of its options at once', async () => {
    await expect(create({ margin: -1, batchSize: 0, minWords: 50 })).rejects.toThrow(
      /margin: .*batchSize: .*minWords: more than maxWords/,
    );
  });

  it('says how to install the library where it is not', async () => {
    const absent = () => Promise.reject(new Error("Cannot find package '@huggingface/transformers'"));
    await expect(loadTransformers('createRegionCaptioner', absent)).rejects.toMatchObject({
      code: 'label/missing-package',
      message: expect.stringContaining('npm install @huggingface/transformers@4.3.1') as string,
    });
  });

  it('takes a model of the hub, keeps it, and needs no hub then', async () => {
    const asked: string[] = [];
    const hub = createServer((request, response) => {
      const [, file] = /^\/fgam\/tiny\/resolve\/main\/(.+)$/.exec(request.url ?? '') ?? [];
      asked.push(file ?? '');
      readFile(join(TINY_FLORENCE, file ?? '')).then(
        (content) => response.end(request.method === 'HEAD' ? undefined : content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((done) => hub.listen(0, '127.0.0.1', done));
    const before = env.remoteHost;
    env.remoteHost = `http://127.0.0.1:${(hub.address() as AddressInfo).port}/`;
    const modelCache = join(folder, 'models');
    try {
      const fetched = await create({ model: 'fgam/tiny', modelCache });
      expect(await fetched.describe([{ image, box: LEFT }])).toEqual(['a red square']);
      expect(asked).toContain('onnx/decoder_model_merged.onnx');
      expect(fetched.provenance).toMatchObject({ captioner: 'fgam/tiny' });
      expect(fetched.provenance.modelSha256).toBe((await share('caption')).provenance.modelSha256);
      hub.closeAllConnections();
      await new Promise((done) => hub.close(done));
      const kept = await create({ model: 'fgam/tiny', modelCache });
      expect(await kept.describe([{ image, box: RIGHT }])).toEqual(['a blue square']);
      await expect(create({ model: 'fgam/other', modelCache })).rejects.toMatchObject({
        code: 'label/missing-file',
        message: expect.stringMatching(/fetching it from the hub failed: .*--local-dir/) as string,
      });
    } finally {
      env.remoteHost = before;
      hub.close();
    }
  });
});
