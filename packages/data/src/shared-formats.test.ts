import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCoco } from './read-coco.js';
import { readFlickr30kSentences } from './read-flickr30k-sentences.js';
import { readLlavaContexts } from './read-llava-contexts.js';
import { readRefCoco } from './read-ref-coco.js';
import { readYolo } from './read-yolo.js';

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const data = (name: string) => join(shared, 'data', name);

/** Missing data is a named skip; a failure where everything is required. */
const absent = (name: string) => !existsSync(data(name)) && process.env['FGAM_REQUIRE_ALL'] !== '1';

describe.skipIf(absent('flickr30k-entities'))(
  'Flickr30k Entities, 5 sentence files (needs the shared data)',
  () => {
    it('reads every sentence and phrase', async () => {
      const { sentences, skipped } = await readFlickr30kSentences({
        sentences: join(data('flickr30k-entities'), 'sentences'),
      });
      expect(skipped).toEqual([]);
      expect([...sentences.keys()]).toEqual(['1', '2', '3', '4945942737', '6338542128']);
      const all = [...sentences.values()].flat();
      expect(all).toHaveLength(25);
      const phrases = all.flatMap((sentence) => sentence.phrases);
      expect(phrases).toHaveLength(96);
      expect(phrases.filter(({ chain }) => chain === '0').map(({ text }) => text)).toEqual([
        'him',
        'him',
        'him',
      ]);
      expect(sentences.get('1')?.[0]?.text).toBe(
        'A girl with brown hair sits on the edge of a cement area overlooking water .',
      );
      for (const { text, phrases: own } of all)
        for (const phrase of own) expect(text.startsWith(phrase.text, phrase.start)).toBe(true);
    });
  },
);

describe.skipIf(absent('format-examples'))('RefCOCO, one reference (needs the shared data)', () => {
  it('joins it with its annotation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-shared-refcoco-'));
    const instances = join(folder, 'instances.json');
    await writeFile(
      instances,
      JSON.stringify({
        images: [{ id: 581857, file_name: 'COCO_train2014_000000581857.jpg', width: 640, height: 427 }],
        annotations: [{ id: 1719310, image_id: 581857, category_id: 1, bbox: [64, 0, 320, 427], iscrowd: 0 }],
        categories: [{ id: 1, name: 'person' }],
      }),
    );
    const { samples, skipped, texts, splits } = await readRefCoco({
      refs: join(data('format-examples'), 'refcoco_refs_unc.first1.json'),
      instances,
      images: folder,
      check: 'none',
    });
    expect(skipped).toEqual([]);
    expect(samples).toHaveLength(1);
    expect(samples[0]?.regions).toEqual([
      {
        id: 'ref-0',
        box: { x0: 0.1, y0: 0, x1: 0.6, y1: 1 },
        label: 'person',
        description: 'the lady with the blue shirt',
        source: 'refcoco',
      },
    ]);
    expect(texts.get('ref-0')).toEqual([
      'the lady with the blue shirt',
      'lady with back to us',
      'blue shirt',
    ]);
    expect(splits.get('ref-0')).toBe('train');
  });
});

describe.skipIf(absent('llava'))("LLaVA's contexts, 80 images (needs the shared data)", () => {
  it('reads every caption and box', async () => {
    const { contexts, skipped } = await readLlavaContexts({
      file: join(data('llava'), 'caps_boxes_coco2014_val_80.jsonl'),
      images: data('llava'),
      check: 'none',
    });
    expect(skipped).toEqual([]);
    expect(contexts).toHaveLength(80);
    expect(contexts.flatMap(({ captions }) => captions)).toHaveLength(401);
    expect(contexts.flatMap(({ regions }) => regions)).toHaveLength(476);
  });
});

describe.skipIf(absent('coco-mini'))('COCO 2017 written as YOLO, 80 photos (needs the shared data)', () => {
  it('reads the boxes that readCoco reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-shared-yolo-'));
    const coco = await readCoco({
      instances: join(data('coco-mini'), 'annotations', 'instances_train2017.json'),
      images: join(data('coco-mini'), 'train2017'),
      check: 'none',
    });
    const names = [...new Set(coco.samples.flatMap(({ regions }) => regions.map(({ label }) => label)))];
    for (const place of ['images', 'labels']) await mkdir(join(folder, place));
    for (const { image, regions } of coco.samples) {
      await copyFile(image, join(folder, 'images', basename(image)));
      const lines = regions.map(({ label, box: { x0, y0, x1, y1 } }) =>
        [names.indexOf(label), (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0].join(' '),
      );
      await writeFile(join(folder, 'labels', basename(image, '.jpg').concat('.txt')), lines.join('\n'));
    }
    await writeFile(join(folder, 'data.yaml'), `train: images\nnames: ${JSON.stringify(names)}\n`);
    const yolo = await readYolo({ data: join(folder, 'data.yaml') });
    expect(yolo.skipped).toEqual([]);
    expect(yolo.samples).toHaveLength(80);
    const byImage = new Map(coco.samples.map((sample) => [basename(sample.image), sample]));
    let regions = 0;
    for (const sample of yolo.samples) {
      const same = byImage.get(basename(sample.image));
      expect(sample).toMatchObject({ width: same?.width, height: same?.height });
      sample.regions.forEach((region, index) => {
        const expected = same?.regions[index];
        expect(region.label).toBe(expected?.label);
        for (const side of ['x0', 'y0', 'x1', 'y1'] as const)
          expect(region.box[side]).toBeCloseTo(expected?.box[side] ?? Number.NaN, 12);
        regions++;
      });
    }
    expect(regions).toBe(739);
  });
});
