import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildShards } from '../build-shards.js';
import { readScenes } from '../read-scenes.js';
import type { RegionSample } from '../records.js';
import { writeScenes } from '../scenes/write-scenes.js';
import { createDataCard } from './create-data-card.js';
import { formatDataCard } from './format-data-card.js';
import { binNames, HistogramCounter } from './histogram.js';
import { licenceOf } from './licences.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'card-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function shardsOf(change: (samples: readonly RegionSample[]) => readonly RegionSample[]) {
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 8, seed: 3, split: 'train' });
  const samples = change((await readScenes(scenes)).samples);
  const out = join(folder, 'shards');
  const skip = { file: 'a', id: '1', reason: 'bad-box', detail: 'none' } as const;
  await buildShards({ samples, out, validation: 0.4, seed: 1, skipped: [skip, { ...skip, id: '2' }] });
  return { out, samples };
}

describe('createDataCard', () => {
  it('counts what the shards hold', async () => {
    const { out, samples } = await shardsOf((all) => all);
    const card = await createDataCard(out);
    const regions = samples.flatMap((sample) => sample.regions);
    expect(card.images.train + card.images.validation).toBe(8);
    expect(card.images.validation).toBeGreaterThan(0);
    expect(card).toMatchObject({
      captions: 8,
      regions: regions.length,
      regionsWithMask: regions.filter(({ mask }) => mask !== undefined).length,
      labels: new Set(regions.map(({ label }) => label)).size,
      skipped: [['bad-box', 2]],
    });
    expect(card.sources.reduce((sum, [, count]) => sum + count, 0)).toBe(regions.length);
    const [label, count] = card.frequentLabels[0] ?? [];
    expect(count).toBe(regions.filter((region) => region.label === label).length);
    // Scenes are 64 x 64: from 64 to below 224 pixels.
    expect(card.histograms.imageSide.counts).toEqual([0, 8, 0, 0, 0, 0, 0]);
    const manifest = await readFile(join(out, 'manifest.json'));
    expect(card.manifestSha256).toBe(createHash('sha256').update(manifest).digest('hex'));
    expect(await createDataCard(out)).toEqual(card);
  });

  it('counts what annotators said, and conversations', async () => {
    const turns = [{ question: 'What?', answer: 'A circle.' }];
    const nearness = ({ regions: [one, other = one] }: RegionSample) =>
      one && other ? [{ subject: one.id, predicate: 'near', object: other.id }] : [];
    const { out, samples } = await shardsOf((all) =>
      all.map((sample, i) => ({
        ...sample,
        regions: sample.regions.map((region, place) =>
          place === 0 ? { ...region, attributes: ['red', 'small'] } : region,
        ),
        annotatedRelations: i === 0 ? nearness(sample) : [],
        conversations: [
          { id: `${i}`, turns, source: 'llava-instruct' },
          { id: `${i}#2`, turns, source: 'llava-instruct' },
        ],
      })),
    );
    const card = await createDataCard(out);
    expect(card).toMatchObject({
      regionsWithAttributes: samples.length,
      annotatedRelations: 1,
      conversations: 16,
    });
    expect(card.sources.find(([name]) => name === 'llava-instruct')).toEqual(['llava-instruct', 16]);
    expect(formatDataCard(card, 'x', 'markdown')).toContain('| conversations | 16 |');
  });

  it.each(['markdown', 'html'] as const)(
    'as %s: the figures are there, hostile names are only text',
    async (format) => {
      const { out } = await shardsOf((samples) =>
        samples.map((sample) => ({
          ...sample,
          regions: sample.regions.map((region) => ({ ...region, label: '<script>|*x*\n# y' })),
        })),
      );
      const card = await createDataCard(out);
      const page = formatDataCard(card, 'a & <b>', format);
      expect(page).toContain(String(card.regions));
      expect(page).toContain(card.manifestSha256);
      expect(page).toContain('bad-box');
      expect(page).not.toMatch(/(?<!\\)<script>|(?<!\\)<b\\?>/);
      if (format === 'markdown') expect(page).not.toMatch(/^# y/m);
      if (format === 'html') expect(page).toContain('<td>&lt;script&gt;|*x*\n# y</td>');
      else expect(page).toContain(String.raw`| \<script\>\|\*x\* \# y |`);
    },
  );
});

describe('HistogramCounter', () => {
  it('counts below, between and above its edges', () => {
    const counter = new HistogramCounter([1, 10]);
    for (const value of [0, 0.9, 1, 9.9, 10, 11, 500]) counter.add(value);
    expect(counter.histogram.counts).toEqual([2, 2, 3]);
    expect(binNames(counter.histogram)).toEqual(['below 1', '1 to below 10', '10 and more']);
  });
});

describe('licenceOf', () => {
  it("crowds are COCO's; what is not known is said to be", () => {
    expect(licenceOf('coco-crowd')).toEqual(licenceOf('coco'));
    for (const source of ['mine', 'constructor', '__proto__'])
      expect(licenceOf(source).annotations).toContain('not known');
  });

  it('knows the sources of every reader of regions', () => {
    expect(licenceOf('refcoco').images).toBe(licenceOf('coco').images);
    expect(licenceOf('refcoco').annotations).toContain('not known');
    expect(licenceOf('flickr30k-entities').images).toMatch(/Flickr.*non-commercial research/);
    expect(licenceOf('flickr30k-entities').annotations).toContain('not known');
    expect(licenceOf('yolo').source).toBe('the maker of this data set');
  });
});
