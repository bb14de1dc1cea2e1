import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectNumbers, readCases, shuffled, writeFiles } from '../choice.test-support.js';
import { amberTask } from './amber-task.js';

type Scores = Readonly<Record<string, number>>;
const { sets } = await readCases<{
  readonly sets: readonly {
    readonly rows: readonly (readonly [string, 'yes' | 'no', string])[];
    readonly all: Scores;
    readonly existence: Scores | null;
    readonly attribute: Scores | null;
  }[];
}>('amber');
const score = (folder: string, file: string, settings: Partial<Parameters<typeof amberTask.score>[0]> = {}) =>
  amberTask.score({ truth: [folder], predictions: [join(folder, file)], ...settings });

describe('amber', () => {
  it('scores yes/no answers as the official rule does, in whatever order they are', async () => {
    expect(sets).toHaveLength(60);
    for (const [place, { rows, all, existence, attribute }] of sets.entries()) {
      const said = rows.map(([, , response], index) => ({ id: index + 1, response }));
      const folder = await writeFiles({
        'annotations.json': rows.map(([type, truth], index) => ({ id: index + 1, type, truth })),
        'said.json': said,
        'shuffled.json': shuffled(said, place),
      });
      const result = await score(folder, 'said.json');
      expectNumbers(result.metrics, all);
      expectNumbers(result.byCategory['existence'] ?? {}, existence ?? {});
      expectNumbers(result.byCategory['attribute'] ?? {}, attribute ?? {});
      expect(result.faults.unparsable).toHaveLength(
        rows.filter(([, , response]) => response !== 'Yes' && response !== 'No').length,
      );
      expect(await score(folder, 'shuffled.json')).toEqual(result);
    }
  });

  const truth = {
    'annotations.json': [
      { id: 1, type: 'generative', truth: ['ship', 'ship', 'sky', 'woman'], hallu: ['bird', 'sun'] },
      { id: 2, type: 'generative', truth: ['dog'], hallu: ['person'] },
      { id: 3, type: 'discriminative-hallucination', truth: 'no' },
    ],
    'relation.json': {
      ...{
        ship: ['boat'],
        sky: [],
        woman: ['lady'],
        bird: ['gull'],
        sun: [],
        dog: ['puppy'],
        person: ['man'],
        car: [],
      },
    },
    'safe_words.txt': 'sun\n',
    'query_all.json': [1, 2, 3].map((id) => ({ id, image: `${id}.jpg`, query: `q${id}` })),
  };

  it('counts the words of descriptions by hand', async () => {
    const folder = await writeFiles({
      ...truth,
      // Ship twice is one object covered; the sun is safe; gull and car are not there, gull was to be thought of.
      'said.json': [
        { id: 1, response: 'A boat, another boat and ladies under the sun. Gulls, a car and a table.' },
        { id: 2, response: 'Two puppies.' },
      ],
    });
    const result = await score(folder, 'said.json');
    const rate = (count: number, of: number) => Number(((count / (of + 0.001)) * 100).toFixed(1));
    // Named: boat, boat, lady, sun, gull, car; puppy.
    expectNumbers(result.metrics, {
      chair: rate(2, 7),
      cover: rate(3, 5),
      hal: Number((100 - (1 / 2.001) * 100).toFixed(1)),
      cog: rate(1, 3),
    });
    expect(result.metrics['amber']).toBeNull();
    expect(result).toMatchObject({ n: 2, missing: 0 });
    expect(result.notes.join()).toContain('own matching');
  });

  it('scores no descriptions without the words that are looked for', async () => {
    const without = Object.entries(truth).filter(([name]) => name !== 'relation.json');
    const folder = await writeFiles({
      ...Object.fromEntries(without),
      'said.json': [{ id: 1, response: 'a car and a plane' }],
    });
    await expect(score(folder, 'said.json')).rejects.toMatchObject({
      code: 'bench/bad-truth',
      message: expect.stringContaining('expected relation.json with annotations of descriptions') as string,
    });
  });

  it('is full for what is there and nothing else; missing rows of a dimension that is answered are named', async () => {
    const folder = await writeFiles({
      ...truth,
      'full.json': [
        { id: 1, response: 'a ship in the sky with a woman' },
        { id: 2, response: 'dog' },
        { id: 3, response: 'No' },
      ],
      'one.json': [{ id: 1, response: 'a ship' }],
    });
    const full = await score(folder, 'full.json');
    expect(full.metrics).toMatchObject({ chair: 0, hal: 0, cog: 0, accuracy: 99.9, f1: 99.9 });
    expect(full.metrics['amber']).toBeCloseTo(99.95, 9);
    await expect(score(folder, 'one.json')).rejects.toThrow('1 missing (2)');
    const allowed = await score(folder, 'one.json', { allowMissing: true });
    expect(allowed).toMatchObject({ n: 2, missing: 1 });
    expect(allowed.metrics['hal']).toBeCloseTo(50, 0);
  });

  it('asks its own queries; what it saves is read again', async () => {
    const folder = await writeFiles(truth);
    expect((await amberTask.questions([folder]))[2]).toEqual({ id: '3', image: '3.jpg', prompt: 'q3' });
    const predictions = await amberTask.savePredictions(
      [folder],
      new Map([['3', 'No']]),
      join(folder, 'saved'),
    );
    expect((await score(folder, '', { predictions })).metrics['accuracy']).toBe(99.9);
  });
});
