import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readQuestions } from './questions.js';
import { readScenes } from './read-scenes.js';
import { relationBetween } from './relation.js';
import { writeScenes } from './scenes/write-scenes.js';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'fgam-scenes-')), 'scenes');
  await writeScenes({ out: folder, count: 8, seed: 3, split: 'test' });
});

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, change(await readFile(path, 'utf8')));
}

describe('readScenes', () => {
  it('joins captions, labels, descriptions and relations of a generated folder', async () => {
    const { samples, skipped } = await readScenes(folder, { check: 'decode' });
    expect(skipped).toEqual([]);
    expect(samples).toHaveLength(8);
    for (const sample of samples) {
      expect(sample.regions.length).toBeGreaterThanOrEqual(2);
      for (const region of sample.regions) {
        expect(sample.caption).toContain(region.description);
        expect(region.description).toContain(region.label);
        expect(region.mask?.kind).toBe('polygons');
      }
      const boxes = new Map(sample.regions.map(({ id, box }) => [id, box]));
      for (const { subject, relation, object } of sample.relations ?? []) {
        const [a, b] = [boxes.get(subject), boxes.get(object)];
        if (!a || !b) throw new Error('a relation names no region');
        expect(relationBetween(a, b, sample)).toBe(relation);
      }
    }
    expect(samples.some(({ relations }) => (relations ?? []).length > 0)).toBe(true);
    const ids = new Set(samples.map(({ id }) => id));
    for (const question of await readQuestions(join(folder, 'questions.jsonl')))
      expect(ids).toContain(question.sample);
  });

  it('refuses files that disagree', async () => {
    await edit('visual_genome/region_descriptions.json', (text) => text.replace(/"x":\s*\d+/, '"x": 0'));
    await expect(readScenes(folder)).rejects.toMatchObject({
      code: expect.stringMatching(/^data\/(bad-record|too-many-skips)$/) as unknown,
    });
  });

  it('refuses a bad record instead of leaving it out', async () => {
    await edit('annotations/instances.json', (text) =>
      text.replace(/"category_id":\s*\d+/, '"category_id": 999'),
    );
    await expect(readScenes(folder)).rejects.toMatchObject({ code: 'data/too-many-skips' });
  });
});
