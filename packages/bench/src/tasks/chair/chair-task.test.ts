import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAbsent, jsonLines, sharedData, shuffled, writeFiles } from '../choice.test-support.js';
import { chairTask } from './chair-task.js';

const truth = {
  'instances_val.json': {
    images: [1, 2, 3].map((id) => ({ id, file_name: `${id}.jpg` })),
    categories: ['person', 'dog', 'pizza', 'hot dog'].map((name, id) => ({ id, name })),
    annotations: [
      { image_id: 1, category_id: 0 },
      { image_id: 1, category_id: 1 },
      { image_id: 2, category_id: 2 },
    ],
  },
};
const captions = {
  'captions_val.json': { annotations: [{ image_id: 2, caption: 'A man with a slice of pizza' }] },
};
const score = (folder: string, file: string, settings: Partial<Parameters<typeof chairTask.score>[0]> = {}) =>
  chairTask.score({ truth: [folder], predictions: [join(folder, file)], ...settings });

describe('chair', () => {
  const said = [
    // Three named, one of them false.
    { image_id: 1, caption: 'Two women and a puppy eat a hot dog.' },
    // Two named: the man is in the captions alone.
    { image_id: 2, caption: 'The man eats pizza.' },
  ];

  it('counts captions and names by hand, with and without the truth of captions', async () => {
    const folder = await writeFiles({ ...truth, 'said.json': said });
    const without = await score(folder, 'said.json');
    expect(without).toMatchObject({
      n: 2,
      metrics: { chairS: 1, chairI: 2 / 5, recall: 1 },
      byCategory: { person: { chairI: 1 / 2, named: 2 }, 'hot dog': { chairI: 1, named: 1 } },
    });
    expect(without.notes.join()).toContain('no captions were given');
    const all = await writeFiles({ ...truth, ...captions, 'said.json': said });
    expect((await score(all, 'said.json')).metrics).toEqual({ chairS: 1 / 2, chairI: 1 / 5, recall: 1 });
  });

  it("reads the evaluation's object and LLaVA's rows; takes CHAIR's own words where they are given", async () => {
    const folder = await writeFiles({
      ...truth,
      'eval.json': { overall: {}, imgToEval: Object.fromEntries(said.map((row) => [row.image_id, row])) },
      'llava.jsonl': jsonLines(
        said.map(({ image_id, caption }) => ({ question_id: image_id, text: caption })),
      ),
    });
    const plain = await score(folder, 'eval.json');
    expect(plain.metrics['chairI']).toBe(2 / 5);
    expect(await score(folder, 'llava.jsonl')).toEqual(plain);
    const own = await writeFiles({
      ...truth,
      'synonyms.txt': 'person, woman\ndog\npizza, slice of pizza\nhot dog\n',
      'said.json': said,
    });
    // No man and no puppy among these words.
    expect((await score(own, 'said.json')).metrics).toEqual({ chairS: 1 / 2, chairI: 1 / 3, recall: 2 / 3 });
  });

  it('refuses annotations of no category, and files whose names do not say what they are', async () => {
    const { annotations, ...rest } = truth['instances_val.json'];
    const folder = await writeFiles({
      ...truth,
      'instances_odd.json': { ...rest, annotations: [...annotations, { image_id: 1, category_id: 77 }] },
      'my_captions.json': captions['captions_val.json'],
      'said.json': said,
    });
    const given = (...names: readonly string[]) =>
      score(folder, 'said.json', { truth: names.map((name) => join(folder, name)) });
    await expect(given('instances_odd.json')).rejects.toThrow('got category 77 (image 1)');
    await expect(given('instances_val.json', 'my_captions.json')).rejects.toMatchObject({
      code: 'bench/bad-truth',
      message: expect.stringContaining('my_captions.json') as string,
    });
  });

  it('has nothing to divide by where nothing is named; names duplicates and unknown images', async () => {
    const folder = await writeFiles({
      ...truth,
      'none.json': [{ image_id: 3, caption: '' }],
      'empty.json': [],
      'two.json': [said[0], said[0], { image_id: 9, caption: 'a dog' }],
    });
    expect((await score(folder, 'none.json')).metrics).toEqual({ chairS: 0, chairI: null, recall: null });
    await expect(score(folder, 'empty.json')).rejects.toThrow(/expected captions in .*, got none/);
    await expect(score(folder, 'two.json')).rejects.toThrow('1 duplicate (1); 1 unknown (9)');
    expect(await score(folder, 'two.json', { allowMissing: true })).toMatchObject({
      n: 1,
      missing: 1,
      metrics: { chairS: 1 },
    });
    await expect(
      score(folder, 'none.json', { truth: [join(folder, 'captions_val.json')] }),
    ).rejects.toMatchObject({
      code: 'bench/bad-truth',
    });
  });

  it('does not change by the order of captions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const rows = [...said, { image_id: 3, caption: 'a dog' }];
        const folder = await writeFiles({ ...truth, 'a.json': rows, 'b.json': shuffled(rows, seed) });
        expect(await score(folder, 'b.json')).toEqual(await score(folder, 'a.json'));
      }),
      { numRuns: 5 },
    );
  });
});

const real = sharedData('coco-mini', 'annotations');
describe.skipIf(isAbsent(real))('CHAIR of 80 COCO photos (needs the shared data)', () => {
  it('finds nothing false in the captions that made the truth', async () => {
    const folder = await writeFiles({});
    const questions = await chairTask.questions([real]);
    expect(questions).toHaveLength(80);
    const { annotations } = JSON.parse(await readFile(join(real, 'captions_train2017.json'), 'utf8')) as {
      annotations: { image_id: number; caption: string }[];
    };
    const first = new Map(annotations.map(({ image_id, caption }) => [String(image_id), caption]));
    const predictions = await chairTask.savePredictions([real], first, folder);
    const { n, metrics } = await chairTask.score({ truth: [real], predictions });
    expect(n).toBe(80);
    expect(metrics).toMatchObject({ chairS: 0, chairI: 0 });
    expect(metrics['recall']).toBeGreaterThan(0.3);
    // With the objects that are annotated alone, captions name things that no box has.
    const boxes = await chairTask.score({ truth: [join(real, 'instances_train2017.json')], predictions });
    expect(boxes.metrics['chairI']).toBeGreaterThan(0);
    expect(boxes.metrics['chairI']).toBeLessThan(0.3);
  });
});
