import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readScenes } from '../read-scenes.js';
import { readQuestions } from '../questions.js';
import { relationBetween } from '../relation.js';
import type { WriteScenesOptions } from './scene-settings.js';
import { writeScenes } from './write-scenes.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-scenes-'));
});
afterEach(() => rm(folder, { recursive: true }));

function settings(name: string): WriteScenesOptions {
  return { out: join(folder, name), count: 12, seed: 7, split: 'test' };
}

async function contents(out: string): Promise<Record<string, string>> {
  const paths = await readdir(out, { recursive: true });
  const files: Record<string, string> = {};
  for (const path of paths.sort())
    if ((await stat(join(out, path))).isFile())
      files[path] = (await readFile(join(out, path))).toString('base64');
  return files;
}

describe('writeScenes', () => {
  it('is read back by the readers of COCO and Visual Genome', async () => {
    const summary = await writeScenes(settings('a'));
    const { samples, skipped } = await readScenes(join(folder, 'a'), { check: 'decode' });
    expect(skipped).toEqual([]);
    expect(samples).toHaveLength(12);
    const regions = samples.flatMap((sample) => sample.regions);
    expect(regions).toHaveLength(summary.counts.objects);
    for (const region of regions) expect(region.description).toContain(` ${region.label} at the `);
    const related = samples.flatMap((sample) => sample.relations ?? []);
    expect(related).toHaveLength(summary.counts.relations);
    for (const sample of samples) {
      const boxOf = new Map(sample.regions.map((region) => [region.id, region.box]));
      expect(sample.caption?.split(' , ')).toHaveLength(sample.regions.length);
      for (const { subject, relation, object } of sample.relations ?? []) {
        const [a, b] = [boxOf.get(subject), boxOf.get(object)];
        expect(a && b && relationBetween(a, b, sample)).toBe(relation);
      }
    }
    const questions = await readQuestions(join(folder, 'a', 'questions.jsonl'));
    const ids = new Set(samples.map((sample) => sample.id));
    expect(questions.every((question) => ids.has(question.sample))).toBe(true);
    const total = Object.values(summary.counts.questions).reduce((sum, count) => sum + count, 0);
    expect(questions).toHaveLength(total);
  });

  it('writes the same bytes for the same seed, others for another seed or split', async () => {
    await writeScenes(settings('a'));
    await writeScenes(settings('b'));
    const [a, b] = [await contents(join(folder, 'a')), await contents(join(folder, 'b'))];
    expect(Object.keys(a)).toHaveLength(12 + 9);
    expect(b).toEqual(a);
    await writeScenes({ ...settings('c'), seed: 8 });
    await writeScenes({ ...settings('d'), split: 'validation' });
    const questions = 'questions.jsonl';
    for (const other of ['c', 'd'])
      expect((await contents(join(folder, other)))[questions]).not.toBe(a[questions]);
  });

  it('writes what it has always written for a seed: if this changes on purpose, raise VERSION', async () => {
    await writeScenes(settings('a'));
    const { files } = JSON.parse(await readFile(join(folder, 'a', 'manifest.json'), 'utf8')) as {
      files: Record<string, string>;
    };
    expect(files['questions.jsonl']?.slice(0, 16)).toMatchInlineSnapshot(`"47f51b90d5e2cfd6"`);
    expect(files['visual_genome/relationships.json']?.slice(0, 16)).toMatchInlineSnapshot(
      `"e41877a6e65b72ef"`,
    );
  });

  it('does nothing a second time', async () => {
    const { out } = settings('a');
    const first = await writeScenes(settings('a'));
    const manifest = join(out, 'manifest.json');
    await utimes(manifest, 1, 1);
    const second = await writeScenes(settings('a'));
    expect(second).toEqual({ ...first, reused: true });
    expect((await stat(manifest)).mtimeMs).toBe(1000);
  });

  it('refuses a folder of other settings, of other files, or with a changed file', async () => {
    const { out } = settings('a');
    await writeScenes(settings('a'));
    await expect(writeScenes({ ...settings('a'), count: 13 })).rejects.toMatchObject({
      code: 'data/bad-config',
      message: expect.stringContaining('"count":13') as string,
    });
    await writeFile(join(out, 'questions.jsonl'), '{}');
    await expect(writeScenes(settings('a'))).rejects.toMatchObject({
      code: 'data/bad-record',
      message: expect.stringContaining('questions.jsonl') as string,
    });
    await writeFile(join(out, 'manifest.json'), '{');
    await expect(writeScenes(settings('a'))).rejects.toMatchObject({ code: 'data/bad-json' });
    await writeFile(join(folder, 'mine.txt'), 'mine');
    await expect(writeScenes({ ...settings('a'), out: folder })).rejects.toMatchObject({
      code: 'data/bad-config',
    });
  });

  it('notices a missing image', async () => {
    await writeScenes(settings('a'));
    await rm(join(folder, 'a', 'images', '000002000001.png'));
    await expect(writeScenes(settings('a'))).rejects.toThrow(/images \(11 of 12\)/);
  });

  it('leaves nothing behind when it is aborted', async () => {
    const controller = new AbortController();
    const onProgress = (done: number) => {
      if (done === 3) controller.abort();
    };
    const run = writeScenes({ ...settings('a'), onProgress, signal: controller.signal });
    await expect(run).rejects.toThrow(/abort/i);
    expect(await readdir(folder)).toEqual([]);
    expect((await writeScenes(settings('a'))).reused).toBe(false);
  });

  it('clears what a killed run has left, not what a running one writes', async () => {
    const [dead, alive] = ['.a.partial-4194303999-x', `.a.partial-${process.pid}-x`];
    await mkdir(join(folder, dead));
    await mkdir(join(folder, alive));
    await writeScenes(settings('a'));
    expect((await readdir(folder)).sort()).toEqual([alive, 'a']);
  });

  it('lets two calls at once end with one whole folder', async () => {
    const results = await Promise.all([writeScenes(settings('a')), writeScenes(settings('a'))]);
    expect(results.map((result) => result.counts.images)).toEqual([12, 12]);
    expect(results.map((result) => result.reused).sort()).toEqual([false, true]);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('tells of progress up to the end', async () => {
    const seen: number[] = [];
    await writeScenes({ ...settings('a'), onProgress: (done, total) => seen.push(done / total) });
    expect(seen).toHaveLength(12);
    expect(seen.at(-1)).toBe(1);
  });

  it('plants the bias in training only', async () => {
    await writeScenes({ ...settings('a'), split: 'train' });
    const manifest = JSON.parse(await readFile(join(folder, 'a', 'manifest.json'), 'utf8')) as {
      settings: { bias: number };
    };
    expect(manifest.settings.bias).toBe(0.5);
  });

  it('says what is wrong with settings and paths', async () => {
    await expect(writeScenes({ ...settings('a'), count: 0, seed: 0.5 })).rejects.toThrow(/seed.*count/);
    await writeFile(join(folder, 'file'), '');
    for (const out of [join(folder, 'file'), join(folder, 'file', 'inside')])
      await expect(writeScenes({ ...settings('a'), out })).rejects.toMatchObject({
        code: 'data/not-writable',
      });
  });
});
