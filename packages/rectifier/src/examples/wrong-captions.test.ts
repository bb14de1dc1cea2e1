import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readScenes, type RegionSample, writeScenes } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { SCENE_ONTOLOGY } from '../claims/ontology.js';
import { parseCaption } from '../claims/parse-caption.js';
import { wrongCaptions } from './wrong-captions.js';

async function scenes(count: number): Promise<readonly RegionSample[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-wrong-captions-'));
  await writeScenes({ out: folder, count, seed: 6, split: 'train' });
  return (await readScenes(folder)).samples;
}

const clauses = (caption: string): string[] =>
  parseCaption(caption, SCENE_ONTOLOGY).flatMap((claim) => (claim.about === 'object' ? [claim.text] : []));

describe('wrongCaptions', () => {
  it('of scenes say something that the caption does not, each once', async () => {
    for (const sample of await scenes(30)) {
      const found = wrongCaptions(sample, { seed: 2 });
      expect(found.length).toBeGreaterThan(4);
      expect(found.length).toBeLessThanOrEqual(8);
      expect(new Set(found).size).toBe(found.length);
      const true_ = clauses(sample.caption ?? '');
      for (const caption of found) {
        // Nothing that only leaves a thing out, or says things in another order: a clause is new, or said more often.
        const extra = clauses(caption).filter((clause) => {
          const times = (all: readonly string[]): number => all.filter((each) => each === clause).length;
          return times(clauses(caption)) > times(true_);
        });
        expect(extra.length, `${caption} of ${sample.caption}`).toBeGreaterThan(0);
      }
    }
  });

  it('are the same for the same seed, and others for another', async () => {
    const [sample] = (await scenes(1)) as [RegionSample];
    expect(wrongCaptions(sample, { seed: 2 })).toEqual(wrongCaptions(sample, { seed: 2 }));
    expect(wrongCaptions(sample, { seed: 3 })).not.toEqual(wrongCaptions(sample, { seed: 2 }));
    expect(wrongCaptions(sample, { count: 2 })).toHaveLength(2);
  });

  it('of photos are checked against the annotation', () => {
    const region = { label: 'dog', description: 'a brown dog', source: 'coco' };
    const sample: RegionSample = {
      id: 'p',
      image: 'p.jpg',
      width: 100,
      height: 100,
      caption: 'A brown dog in front of a car.',
      regions: [
        { ...region, id: '1', box: { x0: 0.1, y0: 0.4, x1: 0.3, y1: 0.6 } },
        {
          ...region,
          id: '2',
          label: 'car',
          description: 'a car',
          box: { x0: 0.6, y0: 0.4, x1: 0.9, y1: 0.6 },
        },
      ],
    };
    const found = wrongCaptions(sample, { names: ['cat', 'car', 'dog'], count: 50 });
    expect(found).toContain('A brown cat in front of a car.');
    expect(found).toContain('A brown dog behind a car.');
    expect(found).not.toContain('A brown car in front of a car.');
    expect(found).not.toContain(sample.caption);
    const { id, image, width, height, regions } = sample;
    expect(wrongCaptions({ id, image, width, height, regions })).toEqual([]);
  });
});
