import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Prediction, scoreScenes, writeReport } from '@fgam/bench';
import { buildShards, readJsonLines, readScenes } from '@fgam/data';
import { readTrajectories } from '@fgam/rectifier';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ScoreRow, scoreRows } from '../bench-tasks/score-rows.js';
import { readSceneData } from '../scene-data.js';
import { fgam, fgamJson, sceneWorkshop, temporary } from './command.test-support.js';

let folder: string;
let model: string;
let scenes: string;

beforeAll(async () => {
  folder = await sceneWorkshop(8);
  [model, scenes] = [join(folder, 'tiny'), join(folder, 'scenes')];
});

describe('fgam bench', () => {
  test('lists its tasks', async () => {
    const { out, code } = await fgam('bench', 'list');
    expect(code).toBe(0);
    for (const task of ['scenes', 'recall']) expect(out).toContain(task);
  });

  test('scores scenes before and after the loop, from files that give the same scores', async () => {
    const out = join(folder, 'scored');
    const run = ['bench', 'run', 'scenes', '--model', model, '--data', scenes, '--limit', '1'];
    const result = await fgamJson(...run, '--critic', 'oracle', '--rounds', '1', '--out', out, '--seed', '5');
    const { samples, questions } = await readSceneData(scenes);
    const asked = questions.filter(({ sample }) => sample === samples[0]?.id);
    expect(result).toMatchObject({ images: 1, questions: asked.length, critic: 'oracle' });
    const score = (predictions: readonly Prediction[]) =>
      scoreScenes({ questions: asked, samples, predictions, allowMissing: true, seed: 5 }).scores;
    const predictions = (await readJsonLines(join(out, 'predictions.jsonl'))).map(
      ({ value }) => value as Prediction,
    );
    const trajectories = await readTrajectories(join(out, 'trajectories.jsonl'));
    expect(trajectories.map(({ attempts }) => attempts[0]?.response)).toEqual(
      predictions.map(({ answer }) => answer),
    );
    const finals = trajectories.map(({ id, final }) => ({ id, answer: final }));
    const rows = [
      ...scoreRows('first', score(predictions)),
      ...scoreRows('after the loop, oracle', score(finals)),
    ];
    expect(result['rows']).toEqual(rows);
    expect(JSON.parse(await readFile(join(out, 'scores.json'), 'utf8'))).toEqual(result);
    const accounting = result['accounting'] as { total: { overall: Record<string, number> } };
    const { fixed, broken, unchangedRight, unchangedWrong } = accounting.total.overall;
    expect((fixed ?? 0) + (broken ?? 0) + (unchangedRight ?? 0) + (unchangedWrong ?? 0)).toBe(asked.length);
  });

  test('has no loop without a critic', async () => {
    const run = await fgam('bench', 'run', 'scenes', '--model', model, '--data', scenes, '--limit', '1');
    expect(run.code).toBe(0);
    expect(run.out).toContain('95 % interval');
    expect(run.out).not.toContain('after the loop,');
    const of = ['bench', 'run', 'scenes', '--model', model, '--data', scenes, '--json'];
    const refused = await fgam(...of, '--rounds', '1', '--threshold', '0.5');
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain(
      'expected options of a run without --critic, got --threshold, --rounds; leave them out',
    );
  });

  test("leaves no trajectories of an earlier run beside a later one's scores", async () => {
    const out = join(folder, 'again');
    const run = ['bench', 'run', 'scenes', '--model', model, '--data', scenes, '--limit', '1', '--out', out];
    await fgamJson(...run, '--critic', 'oracle', '--rounds', '1');
    expect(await readdir(out)).toContain('trajectories.jsonl');
    await fgamJson(...run);
    expect((await readdir(out)).sort()).toEqual(['predictions.jsonl', 'scores.json']);
  });

  test('refuses folders that it cannot read or write, and no images at all', async () => {
    const run = ['bench', 'run', 'scenes', '--model', model, '--limit', '1'];
    const missing = await fgam(...run, '--data', join(folder, 'none'));
    const blocked = await fgam(...run, '--data', scenes, '--out', join(model, 'config.json', 'x'));
    const empty = await fgam(...run, '--data', scenes, '--limit', '0');
    expect(missing.err).toContain('none');
    expect(blocked.err).toContain('expected to write here');
    expect(empty.err).toContain('expected questions about 0 images');
    for (const refused of [missing, blocked, empty]) {
      expect(refused).toMatchObject({ code: 1, out: '' });
      expect(refused.err).not.toContain('    at ');
    }
  });

  test('recall over a split, against chance; refuses an empty split and scenes that are no shards', async () => {
    const shards = join(await temporary('shards'), 'shards');
    const { samples } = await readScenes(scenes);
    await buildShards({ samples, out: shards, validation: 0 });
    const run = ['bench', 'run', 'recall', '--model', model, '--data'];
    const result = await fgamJson(...run, shards, '--split', 'train');
    const regions = samples.flatMap((sample) => sample.regions);
    const texts = new Set(regions.map(({ description }) => description)).size;
    expect(result).toMatchObject({ images: 8, regions: regions.length, texts, unknownTexts: 0 });
    const toText = result['regionToText'] as readonly { k: number; chance: number; n: number }[];
    expect(toText.map(({ k, n }) => [k, n])).toEqual([
      [1, regions.length],
      [5, regions.length],
    ]);
    const { recall, interval } = (result['textToRegion'] as readonly Record<string, unknown>[])[1] ?? {};
    expect((result['rows'] as readonly object[])[3]).toEqual({
      ...{ task: 'recall', metric: 'textToRegion.recall@5', value: recall, n: texts, interval },
    });
    // One right text a region: chance is k in T.
    expect(toText[0]?.chance).toBeCloseTo(1 / texts);
    expect(toText[1]?.chance).toBeCloseTo(5 / texts);
    const empty = await fgam(...run, shards);
    expect(empty).toMatchObject({ code: 1, out: '' });
    expect(empty.err).toContain('expected regions in the validation split, got none');
    const other = await fgam(...run, scenes);
    expect(other).toMatchObject({ code: 1, out: '' });
    expect(other.err).toContain('manifest of a shard folder');
  });

  test('shows a report by its file or folder and writes the page again', async () => {
    const out = join(folder, 'report');
    const metrics = { 'spatial.accuracy': { value: 0.75, n: 40, interval: [0.625, 0.875] as const } };
    const { json, html } = await writeReport(out, {
      title: 'Run of a test',
      generatedAt: '2026-01-01',
      provenance: {},
      variants: [{ name: 'full', description: '', steps: 100, metrics }],
      curves: [],
      comparisons: [],
      examples: [],
    });
    for (const path of [out, json]) {
      await writeFile(html, 'stale');
      const shown = await fgam('bench', 'report', path);
      expect(shown.code).toBe(0);
      expect(shown.out).toContain('0.750 ± 0.125');
      expect(await readFile(html, 'utf8')).toContain('Run of a test');
    }
    await writeFile(json, '{"title": 1,');
    const broken = await fgam('bench', 'report', out);
    expect(broken).toMatchObject({ code: 1, out: '' });
    expect(broken.err).toMatch(/report\.json:1:\d+/);
    expect((await fgam('bench', 'report', join(folder, 'none'))).err).toContain('expected a readable file');
  });

  test('unknown commands, and commands without what they need', async () => {
    expect(await fgam('export', '--to', 'trl')).toMatchObject({ code: 2 });
    expect(await fgam('bench', 'run', 'nothing')).toMatchObject({ code: 2 });
    expect(await fgam('bench', 'run', 'recall')).toMatchObject({ code: 2 });
  });
});

test('rows have null where there was nothing to divide by', () => {
  const rows: readonly ScoreRow[] = scoreRows('first', [
    {
      task: 'caption',
      metric: 'relationHallucination',
      value: Number.NaN,
      n: 0,
      interval: [Number.NaN, Number.NaN],
    },
  ]);
  expect(rows).toEqual([
    { answers: 'first', task: 'caption', metric: 'relationHallucination', value: null, n: 0, interval: null },
  ]);
});
