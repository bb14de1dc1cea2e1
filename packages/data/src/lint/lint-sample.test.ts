import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readScenes } from '../read-scenes.js';
import type { BoxUnit, Region, RegionSample } from '../records.js';
import { COCO_CROWD } from '../select-regions.js';
import { writeScenes } from '../scenes/write-scenes.js';
import { lintSample } from './lint-sample.js';
import { pluralOf } from '../plural.js';

const LEFT: BoxUnit = { x0: 0.05, y0: 0.1, x1: 0.3, y1: 0.4 };
const RIGHT: BoxUnit = { x0: 0.7, y0: 0.6, x1: 0.95, y1: 0.9 };

function region(id: string, label: string, box: BoxUnit, more: Partial<Region> = {}): Region {
  return { id, label, box, description: `a ${label}`, source: 'test', ...more };
}

function sample(regions: readonly Region[], caption?: string): RegionSample {
  const base = { id: 's', image: 's.jpg', width: 100, height: 100, regions };
  return caption === undefined ? base : { ...base, caption };
}

describe('lintSample: positions', () => {
  it.each([
    [
      'a dog on the left',
      RIGHT,
      'not on the left: its box covers 70 to 95 % from the left, 60 to 90 % from the top',
    ],
    ['a dog in the top right corner of the image', LEFT, 'not on the right'],
    ['the dog, at the upper left', RIGHT, 'not on the left top'],
    ['a dog at the bottom of the picture', LEFT, 'not on the bottom'],
    ['A dog to the far right.', LEFT, 'not on the right'],
  ])('%s', (description, box, evidence) => {
    const findings = lintSample(sample([region('d', 'dog', box, { description })]));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ sample: 's', region: 'd', kind: 'position', regions: ['d'] });
    expect(findings[0]?.evidence).toContain(evidence);
  });

  it.each([
    ['a dog on the left', LEFT],
    ['a dog on the left of the table', RIGHT],
    ['a dog with the left paw up', RIGHT],
    ['a dog that turned left', RIGHT],
    ['a dog on the left', { x0: 0.4, y0: 0, x1: 0.9, y1: 1 }],
    ['a dog on the top shelf', RIGHT],
    ['a dog looking to the left', RIGHT],
    ['a bus turning to the right', LEFT],
    ['a person facing to the left', RIGHT],
    ['a cup with stripes at the bottom', LEFT],
  ])('says nothing of: %s', (description, box) => {
    expect(lintSample(sample([region('d', 'dog', box, { description })]))).toEqual([]);
  });
});

describe('lintSample: relations', () => {
  const dog = region('d', 'dog', LEFT);
  const table = region('t', 'dining table', RIGHT);

  it.each([
    [
      'a dog sits quietly to the right of the wooden dining table',
      'dog to the right of dining table',
      'left of',
    ],
    ['a dog below a dining table', 'dog below dining table', 'above'],
    ['the dining table is left of the dog', 'dining table left of dog', 'right of'],
    ['a cat and a dining table above the dog', 'dining table above dog', 'below'],
  ])('%s', (caption, claim, evidence) => {
    const findings = lintSample(sample([dog, table], caption));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      kind: 'relation',
      claim,
      regions: expect.arrayContaining(['d', 't']) as string[],
    });
    expect(findings[0]?.evidence).toContain(evidence);
    expect(findings[0]).not.toHaveProperty('region');
  });

  it.each([
    'a dog to the left of the dining table',
    'a dog, and to the right of the dining table a cat',
    'a dog under a dining table',
    'a dog is right of the old and well worn brown wooden dining table',
    'a hotdog right of the dining table',
    'a hot dog right of the dining table',
    'a dog-house right of the dining table',
    "a dog's bowl right of the dining table",
    'the dog is not right of the dining table',
    "the dog isn't right of the dining table",
    'the dog is right of no dining table',
  ])('says nothing of: %s', (caption) => {
    expect(lintSample(sample([dog, table], caption))).toEqual([]);
  });

  it('says nothing where a name may be that of several regions, or centres are close', () => {
    const caption = 'a dog right of the dining table';
    expect(lintSample(sample([dog, region('e', 'dog', RIGHT), table], caption))).toEqual([]);
    const near = region('t', 'dining table', { ...LEFT, x1: 0.36 });
    expect(lintSample(sample([dog, near], caption))).toEqual([]);
  });
});

describe('lintSample: counts', () => {
  const dogs = [region('1', 'dog', LEFT), region('2', 'dog', RIGHT)];

  it.each([
    ['three dogs play', 'three dogs', '2 boxes of the label dog'],
    ['4 big brown dogs play', '4 big brown dogs', '2 boxes'],
    ['Ten dogs', 'Ten dogs', '2 boxes'],
  ])('%s', (caption, claim, evidence) => {
    const findings = lintSample(sample(dogs, caption));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ kind: 'count', claim, regions: ['1', '2'] });
    expect(findings[0]?.evidence).toContain(evidence);
  });

  it('more boxes than claimed contradict a limit alone', () => {
    const more = [...dogs, region('3', 'dog', LEFT)];
    expect(lintSample(sample(more, 'two dogs near a fence'))).toEqual([]);
    expect(lintSample(sample(more, 'there are two dogs'))).toHaveLength(1);
    expect(lintSample(sample(more, 'only two dogs'))).toHaveLength(1);
  });

  it.each(['two dogs', 'three hot dogs and cats', 'a dog', 'three and two dogs', 'three cats'])(
    'says nothing of: %s',
    (caption) => {
      const regions = caption.includes('hot') ? [...dogs, region('3', 'dog', LEFT)] : dogs;
      expect(lintSample(sample(regions, caption))).toEqual([]);
    },
  );

  it.each([
    ['dog', 'two hot dogs'],
    ['bear', 'two teddy bears'],
    ['bear', 'two brown teddy bears'],
    ['boy', '8 year old boys'],
    ['dog', 'fewer than ten dogs'],
    ['dog', 'at least ten dogs'],
    ['dog', 'there are up to ten dogs'],
    ['dog', 'about ten dogs'],
    ['dog', 'one or two dogs'],
    ['dog', 'not exactly two dogs'],
    ['dog', 'between two and four dogs'],
    ['cake', 'two tier cakes'],
    ['cake', 'two plates with cakes'],
    ['dog', 'two men walking dogs'],
    ['dog', 'a stand that sells $2.50, 1.50 dogs'],
  ])('%s: says nothing of: %s', (label, caption) => {
    expect(lintSample(sample([region('1', label, LEFT)], caption))).toEqual([]);
  });

  it('takes a longer label of the sample for what it is', () => {
    const regions = [region('1', 'house', LEFT), region('2', 'bird house', RIGHT)];
    const [finding, ...more] = lintSample(sample(regions, 'two bird houses'));
    expect(finding).toMatchObject({ kind: 'count', regions: ['2'] });
    expect(more).toEqual([]);
  });

  it('leaves labels with crowds out', () => {
    const crowd = region('3', 'dog', RIGHT, { source: COCO_CROWD });
    expect(lintSample(sample([...dogs, crowd], 'nine dogs'))).toEqual([]);
  });

  it('leaves labels out of which not all regions are there', () => {
    const said = sample(dogs, 'nine dogs');
    expect(lintSample({ ...said, incomplete: ['cat'] })).toHaveLength(1);
    expect(lintSample({ ...said, incomplete: ['cat', 'dog'] })).toEqual([]);
    expect(lintSample({ ...said, incomplete: 'all' })).toEqual([]);
  });
});

describe('lintSample: labels as they are', () => {
  it.each(['t-shirt', "man's hat", 'cat/dog', 'C++ [book] (1)', 'café', '^*$ a|b \\\\ {2}', '#1 sign'])(
    '%s',
    (label) => {
      const regions = [region('1', label, LEFT), region('2', 'chair', RIGHT)];
      const caption = `a ${label} right of the chair, two ${pluralOf(label)}`;
      expect(lintSample(sample(regions, caption)).map(({ kind }) => kind)).toEqual(['relation', 'count']);
    },
  );

  it('skips labels without a letter or digit', () => {
    const regions = ['', ' ', '-', '.*'].map((label, i) => region(String(i), label, LEFT));
    expect(lintSample(sample(regions, 'two s right of  - , three -s and .*s'))).toEqual([]);
  });

  it('compiles the patterns of a label once a sample, not once a text', () => {
    let compiled = 0;
    const construct = (target: RegExpConstructor, from: ConstructorParameters<RegExpConstructor>): RegExp => {
      compiled += 1;
      return new target(...from);
    };
    vi.stubGlobal('RegExp', new Proxy(RegExp, { construct }));
    try {
      const regions = Array.from({ length: 100 }, (_, i) =>
        region(String(i), `thing${i}`, LEFT, { description: `two thing${i}s left of thing${(i + 1) % 100}` }),
      );
      expect(lintSample(sample(regions))).toHaveLength(100);
      expect(compiled).toBe(2 * regions.length);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('lintSample on scenes', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  it('finds nothing in what is true, and every place on one side when images are turned', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lint-'));
    folders.push(folder);
    const out = join(folder, 'scenes');
    await writeScenes({ out, count: 30, seed: 5, split: 'train' });
    const { samples } = await readScenes(out, { check: 'none' });
    expect(samples.flatMap(lintSample)).toEqual([]);
    const turned = samples.map((whole) => ({
      ...whole,
      regions: whole.regions.map((part) => ({
        ...part,
        box: { x0: 1 - part.box.x1, y0: 1 - part.box.y1, x1: 1 - part.box.x0, y1: 1 - part.box.y0 },
      })),
    }));
    const sides = /at the (?:(?:top|bottom)(?: (?:left|right))?|left|right)\b/;
    // A box that reaches over the middle is on neither side.
    const expected = turned.flatMap(({ regions }) =>
      regions.filter(
        ({ description, box: { x0, y0, x1, y1 } }) =>
          sides.test(description) && (x0 > 0.5 || x1 < 0.5 || y0 > 0.5 || y1 < 0.5),
      ),
    );
    const found = new Set(turned.flatMap(lintSample).map(({ region: id }) => id));
    expect(expected.length).toBeGreaterThan(30);
    for (const { id, description, box } of expected) {
      const isFound = found.has(id);
      const [isAcross, isDown] = [/left|right/.test(description), /top|bottom/.test(description)];
      const crosses = { across: box.x0 <= 0.5 && box.x1 >= 0.5, down: box.y0 <= 0.5 && box.y1 >= 0.5 };
      expect(isFound, description).toBe((isAcross && !crosses.across) || (isDown && !crosses.down));
    }
  });
});
