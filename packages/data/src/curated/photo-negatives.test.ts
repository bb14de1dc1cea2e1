import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { boxCentre, intersectionArea } from '../box.js';
import { readCoco } from '../read-coco.js';
import { readVisualGenome } from '../read-visual-genome.js';
import { COCO_CROWD, selectSample } from '../select-regions.js';
import { left, photo, region, right } from './photo.test-support.js';
import { type PhotoNegative, photoNegatives } from './photo-negatives.js';

const open = { source: 'visual-genome' };

const said = (negatives: readonly PhotoNegative[], kind: PhotoNegative['kind']) =>
  negatives.filter((each) => each.kind === kind).map(({ text, negative }) => `${text} | ${negative}`);

describe('photoNegatives', () => {
  it('takes another name, one that the image shows elsewhere first', () => {
    const sample = photo([region('dog', left, { description: 'A dog' }), region('umbrella', right)]);
    expect(said(photoNegatives(sample, { names: ['cat', 'umbrella', 'dog'], count: 1 }), 'object')).toEqual([
      'A dog | An umbrella',
      'a umbrella | a dog',
    ]);
    expect(said(photoNegatives(sample, { names: ['cat', 'umbrella'], count: 5 }), 'object')).toHaveLength(4);
  });

  it('takes no name that may be true: of what overlaps, of a name within the other, of what a text says in an open world', () => {
    const on = photo([region('dog', left), region('bed', [0.05, 0.35, 0.4, 0.7])]);
    expect(said(photoNegatives(on, { names: ['bed', 'dog'] }), 'object')).toEqual([]);
    const phones = photo([region('phone', left)]);
    expect(said(photoNegatives(phones, { names: ['office phone'] }), 'object')).toEqual([]);
    const caption = 'Two cats and a dog';
    const names = { names: ['cat', 'cow'] };
    expect(said(photoNegatives(photo([region('dog', left)], { caption }), names), 'object')).toHaveLength(2);
    expect(said(photoNegatives(photo([region('dog', left, open)], { caption }), names), 'object')).toEqual([
      'a dog | a cow',
    ]);
  });

  it('takes no name of which a thing was left out: it may be a part of a crowd', () => {
    const crowd = region('person', [0, 0, 1, 1], { source: COCO_CROWD });
    const names = { names: ['person', 'cow'], count: 5 };
    const inCrowd = photo([region('dog', left), region('person', right), crowd]);
    // Shards hold no crowd.
    for (const sample of [inCrowd, selectSample(inCrowd, {})])
      expect(
        said(photoNegatives(sample, names), 'object').filter((each) => each.startsWith('a dog')),
      ).toEqual(['a dog | a cow']);
  });

  it('takes no name where what was left out may be anything', () => {
    const sample = photo([region('dog', left)], { incomplete: 'all' });
    expect(photoNegatives(sample, { names: ['cow'] })).toEqual([]);
  });

  it('takes no side that a thing of a longer name has', () => {
    const trucks = [region('truck', left), region('tree', [0.4, 0.4, 0.6, 0.6])];
    expect(said(photoNegatives(photo(trucks)), 'relation')).toHaveLength(2);
    const sample = photo([...trucks, region('fire truck', right)]);
    const texts = said(photoNegatives(sample), 'relation').filter((each) => !each.includes('fire'));
    expect(texts).toEqual([]);
  });

  it('exchanges no attributes where one of a thing is not known', () => {
    const pair = [
      region('car', left, { description: 'a red car' }),
      region('bus', right, { description: 'a blue bus' }),
    ];
    const swaps = (regions: typeof pair) =>
      said(photoNegatives(photo(regions)), 'swap').filter((each) => each.includes('a blue car'));
    expect(swaps(pair)).toHaveLength(2);
    // The other car may be blue, the other bus red.
    const low = [0.1, 0.8, 0.3, 0.95] as const;
    const unknown = [...pair, region('car', [...low]), region('bus', [0.7, 0.8, 0.9, 0.95])];
    expect(swaps(unknown)).toEqual([]);
  });

  it('takes a value that excludes the one said, and that nothing near says', () => {
    const sample = photo([
      region('car', left, { description: 'a gray car', attributes: ['shiny'] }),
      region('door', [0.1, 0.45, 0.2, 0.6], { description: 'a blue door' }),
      region('car', right, { description: 'a red car' }),
    ]);
    const values = said(photoNegatives(sample, { count: 99 }), 'attribute')
      .filter((each) => each.startsWith('a gray car'))
      .map((each) => each.replace('a gray car | a', '').split(' ').at(-2));
    expect(values).toContain('black');
    expect(values).toContain('orange');
    for (const near of ['gray', 'grey', 'silver', 'blue', 'red']) expect(values).not.toContain(near);
    expect(said(photoNegatives(sample, { count: 99 }), 'attribute')).toContain('a gray car | an orange car');
  });

  it('exchanges sides, things and attributes where none of them has it so', () => {
    const [red, blue] = [
      region('car', left, { description: 'a red car' }),
      region('bus', right, { description: 'a blue bus' }),
    ];
    const found = photoNegatives(photo([red, blue]));
    expect(said(found, 'relation')).toContain(
      'a red car to the left of a blue bus | a red car to the right of a blue bus',
    );
    expect(said(found, 'swap')).toContain(
      'a red car to the left of a blue bus | a blue car to the left of a red bus',
    );
    const plain = photoNegatives(photo([region('car', left), region('bus', right)]));
    expect(said(plain, 'swap')).toContain('a car to the left of a bus | a bus to the left of a car');
    // A blue car and a red bus are there as well.
    const all = [
      ...[red, blue, region('car', [0.1, 0.7, 0.3, 0.9], { description: 'a blue car' })],
      region('bus', [0.7, 0.7, 0.9, 0.9], { description: 'a red bus' }),
    ];
    expect(said(photoNegatives(photo(all)), 'swap').join()).not.toContain(
      '| a blue car to the left of a red bus',
    );
    // Another car is to the right of the bus, a third is level with it.
    const more = (x0: number) =>
      photoNegatives(
        photo([
          region('car', left),
          region('bus', [0.5, 0.4, 0.6, 0.6]),
          region('car', [x0, 0.4, x0 + 0.1, 0.6]),
        ]),
      );
    expect(said(more(0.8), 'relation')).toEqual([]);
    expect(said(more(0.52), 'relation')).toEqual([]);
    // Not all cars are boxed.
    const crowd = region('car', [0.8, 0, 1, 0.2], { source: COCO_CROWD });
    expect(
      said(photoNegatives(photo([region('car', left), region('bus', right), crowd])), 'relation'),
    ).toEqual([]);
    expect(said(photoNegatives(photo([red, blue], { incomplete: ['bus'] })), 'relation')).toEqual([]);
  });

  it('is what sample, options and seed say', () => {
    const sample = photo([region('car', left, { description: 'a red car' }), region('bus', right)]);
    expect(photoNegatives(sample, { seed: 2 })).toEqual(photoNegatives(sample, { seed: 2 }));
    const seeds = new Set([1, 2, 3, 4].map((seed) => JSON.stringify(photoNegatives(sample, { seed }))));
    expect(seeds.size).toBeGreaterThan(1);
  });
});

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
const genome = join(shared, 'data', 'visual-genome');
const absent = (folder: string) => !existsSync(folder) && process.env['FGAM_REQUIRE_ALL'] !== '1';

describe.skipIf(absent(coco))('80 COCO photos (needs the shared data)', () => {
  it('has no negative that a box of the image makes true', async () => {
    const { samples } = await readCoco({
      instances: join(coco, 'annotations', 'instances_train2017.json'),
      images: join(coco, 'train2017'),
      check: 'none',
    });
    const names = [...new Set(samples.flatMap(({ regions }) => regions.map(({ label }) => label)))];
    const counts: Record<string, number> = {};
    for (const sample of samples)
      for (const { kind, regions, text, negative } of photoNegatives(sample, { names })) {
        counts[kind] = (counts[kind] ?? 0) + 1;
        expect(negative).not.toBe(text);
        const labelled = (label: string) => sample.regions.filter((each) => each.label === label);
        if (kind === 'object') {
          const own = sample.regions.find(({ id }) => id === regions[0]);
          const label = negative.replace(/^an? /, '');
          for (const other of labelled(label))
            if (own && other.source !== COCO_CROWD)
              expect(intersectionArea(own.box, other.box), negative).toBeLessThan(own.box.x1 - own.box.x0);
          expect(own?.label).not.toBe(label);
          continue;
        }
        const [, a = '', side = '', b = ''] =
          /^(?:an? )?(.+) (to the left of|to the right of|above|below) (?:an? )?(.+)$/.exec(negative) ?? [];
        for (const one of labelled(a))
          for (const two of labelled(b)) {
            const [p, q] = [boxCentre(one.box), boxCentre(two.box)];
            const holds = {
              'to the left of': p.x < q.x,
              'to the right of': p.x > q.x,
              above: p.y < q.y,
              below: p.y > q.y,
            };
            expect(holds[side as 'above'], `${sample.id}: ${negative}`).toBe(false);
          }
      }
    expect(counts['object']).toBeGreaterThan(1000);
    expect(counts['relation']).toBeGreaterThan(100);
    expect(counts['swap']).toBeGreaterThan(100);
  });
});

describe.skipIf(absent(genome))('a scene graph of Visual Genome (needs the shared data)', () => {
  it('has negatives of all four kinds, none of which its texts say', async () => {
    const folder = join(genome, 'scene-graph-image3');
    const { samples } = await readVisualGenome({
      ...{ imageData: join(folder, 'image_data.json'), objects: join(folder, 'objects.json') },
      ...{ attributes: join(folder, 'attributes.json'), images: folder, check: 'none' },
    });
    const found = samples.flatMap((sample) => photoNegatives(sample, { names: ['zebra', 'giraffe'] }));
    const descriptions = new Set(
      samples.flatMap(({ regions }) => regions.map(({ description }) => description)),
    );
    for (const kind of ['object', 'attribute', 'relation', 'swap'] as const)
      expect(said(found, kind).length, kind).toBeGreaterThan(4);
    for (const { negative } of found) expect(descriptions).not.toContain(negative);
  });
});
