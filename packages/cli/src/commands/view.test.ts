import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findBenchmark } from '@fgam/bench';
import { readQuestions, writeScenes } from '@fgam/data';
import { formatTrajectories } from '@fgam/rectifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openViewSource, type OpenViewOptions } from '../view/open-view-source.js';
import { fgam, temporary } from './command.test-support.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const program = fileURLToPath(new URL('../index.ts', import.meta.url));

let folder: string;
let scenes: string;
let run: string;

beforeAll(async () => {
  folder = await temporary('view');
  scenes = join(folder, 'scenes');
  run = join(folder, 'run');
  await writeScenes({ out: scenes, count: 3, seed: 1, split: 'train' });
  await mkdir(run);
  const questions = await readQuestions(join(scenes, 'questions.jsonl'));
  const lines = questions.map(({ id, answer }) => `${JSON.stringify({ id, answer })}\n`);
  await writeFile(join(run, 'predictions.jsonl'), lines.join(''));
  await writeFile(join(run, 'scores.json'), JSON.stringify({ task: 'scenes', data: scenes }));
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts the command in a process of its own; gives its first line. */
async function start(...args: string[]): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'view', ...args], {
    cwd: root,
    env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (!child.stdout) throw new Error('no output');
  for await (const line of createInterface(child.stdout)) return { child, line };
  throw new Error('no line');
}

test('prints its address as one line of JSON, answers there, and ends well by Ctrl-C, connections open', async () => {
  const { child, line } = await start(scenes, '--json');
  const { url } = JSON.parse(line) as { url: string };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const rows = (await (await fetch(new URL('/api/rows', url))).json()) as { total: number };
  expect(rows.total).toBe(3);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});

describe('what a path holds', () => {
  test('a run: its answers, beside the questions and images of the data that it names', async () => {
    const source = await openViewSource(run, {});
    const questions = await readQuestions(join(scenes, 'questions.jsonl'));
    expect(source).toMatchObject({ title: 'run/predictions.jsonl', noun: 'predictions' });
    expect(source.rows).toHaveLength(questions.length);
    expect((await source.detail(0)).story).toMatchObject({ truth: questions[0]?.answer });
    expect((await source.image(0))?.byteLength).toBeGreaterThan(60);
  });

  test('trajectories come before predictions; images are relative to the folder given', async () => {
    const [question] = await readQuestions(join(scenes, 'questions.jsonl'));
    const file = join(folder, 'trajectories.jsonl');
    const story = {
      ...{ id: 'other', image: 'images/000000000001.png', question: question?.question ?? '' },
      ...{ attempts: [{ response: 'yes' }], final: 'yes', stop: 'budget' as const },
    };
    await writeFile(file, formatTrajectories([story]));
    const source = await openViewSource(file, { images: scenes });
    expect(source.noun).toBe('trajectories');
    expect((await source.image(0))?.byteLength).toBeGreaterThan(60);
    expect((await openViewSource(folder, {})).title).toContain('/trajectories.jsonl');
  });

  test('a benchmark’s run, its folders of predictions, and predictions that another program wrote', async () => {
    const out = join(folder, 'pope');
    const images = join(scenes, 'images');
    const truth = join(folder, 'coco_pope_random.json');
    const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const asked = [
      { question_id: 1, image: '000000000001.png', text: 'Is there a dog in the image?', label: 'no' },
      { question_id: 2, image: '000000000002.png', text: 'Is there a cat in the image?', label: 'yes' },
    ];
    await writeFile(truth, lines(asked));
    const said = (answers: readonly string[]) =>
      lines(asked.map(({ question_id, text }, i) => ({ question_id, question: text, answer: answers[i] })));
    for (const [part, answers] of Object.entries({ predictions: ['No.', 'no'], rectified: ['no', 'yes'] })) {
      await mkdir(join(out, part), { recursive: true });
      await writeFile(join(out, part, 'coco_pope_random.jsonl'), said(answers));
    }
    await writeFile(join(out, 'scores.json'), JSON.stringify({ task: 'pope', truth: [truth], images }));
    const verdicts = async (path: string, options: OpenViewOptions = {}) =>
      (await openViewSource(path, options)).rows.map(({ facets }) => facets['verdict']?.join());
    expect(await verdicts(out)).toEqual(['right', 'wrong']);
    expect(await verdicts(join(out, 'predictions'))).toEqual(['right', 'wrong']);
    expect(await verdicts(join(out, 'rectified'))).toEqual(['right', 'right']);
    // As a run with --rectify leaves it.
    const story = {
      ...{ id: 'random/1', image: 'gone.png', question: 'Is there a dog in the image?' },
      ...{ attempts: [{ response: 'no' }], final: 'no', stop: 'budget' as const },
    };
    await writeFile(join(out, 'trajectories.jsonl'), formatTrajectories([story]));
    expect(await verdicts(out)).toEqual(['right', 'wrong']);
    expect((await openViewSource(join(out, 'trajectories.jsonl'), {})).noun).toBe('trajectories');
    await expect(openViewSource(out, { data: scenes })).rejects.toMatchObject({ code: 'data/bad-config' });
    const elsewhere = await openViewSource(out, { images: join(scenes, 'annotations') });
    expect(await elsewhere.detail(1)).toMatchObject({ hasImage: false });
    const other = join(folder, 'other-answers.jsonl');
    await writeFile(other, said(['yes', 'yes']));
    const task = findBenchmark('pope');
    expect(await verdicts(other, { task, truth: [truth] })).toEqual(['wrong', 'right']);
    const source = await openViewSource(out, {});
    expect(await source.detail(1)).toMatchObject({
      hasImage: true,
      story: { truth: 'yes', rounds: [{ response: 'no', right: false }] },
    });
    expect((await source.image(1))?.byteLength).toBeGreaterThan(60);
    await expect(openViewSource(other, { task })).rejects.toMatchObject({ code: 'data/bad-config' });
    for (const misused of [
      ['--task', 'pope'],
      ['--truth', truth],
      ['--task', 'pope', '--truth', truth, '--data', scenes],
    ])
      expect(await fgam('view', other, ...misused, '--json')).toMatchObject({
        ...{ code: 2, out: '' },
        err: expect.stringContaining('expected --task and --truth together') as string,
      });
  });

  test('shards', async () => {
    const shards = join(folder, 'shards');
    expect(await fgam('data', 'build', scenes, '--from', 'scenes', '--out', shards)).toMatchObject({
      code: 0,
    });
    const source = await openViewSource(shards, {});
    await expect.poll(() => source.state().done).toBe(true);
    expect(source.rows).toHaveLength(3);
  });

  test.each([
    ['nothing', 'gone', 'data/missing-file'],
    ['a folder of other things', '', 'data/missing-file'],
    ['an empty file', 'empty.jsonl', 'data/empty'],
    ['lines of another form', 'other.jsonl', 'data/bad-record'],
    ['a broken line', 'broken.jsonl', 'data/bad-json'],
  ])('refuses %s', async (_what, name, code) => {
    const other = join(folder, 'other');
    await mkdir(other, { recursive: true });
    await writeFile(join(other, 'empty.jsonl'), '');
    await writeFile(join(other, 'other.jsonl'), '{"id": "1", "answer": "yes"}\n{"id": 2}\n');
    await writeFile(join(other, 'broken.jsonl'), '{"id": "1"');
    await expect(openViewSource(join(other, name), {})).rejects.toMatchObject({ code });
  });

  test('refuses options of answers beside samples, and a port that is none', async () => {
    await expect(openViewSource(scenes, { data: scenes })).rejects.toMatchObject({ code: 'data/bad-config' });
    expect(await fgam('view', scenes, '--images', scenes, '--json')).toMatchObject({
      ...{ code: 2, out: '' },
      err: expect.stringMatching(
        /^error: .*expected --data and --images beside answers.*leave them out\n/,
      ) as string,
    });
    expect(await fgam('view', scenes, '--port', '70000')).toMatchObject({ code: 2 });
    expect(await fgam('view', join(folder, 'gone'))).toMatchObject({ code: 1 });
  });
});
