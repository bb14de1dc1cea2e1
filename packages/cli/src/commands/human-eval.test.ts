import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readQuestions, readScenes, writeScenes } from '@fgam/data';
import { formatTrajectories, readTrajectories } from '@fgam/rectifier';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const program = fileURLToPath(new URL('../index.ts', import.meta.url));
const ITEMS = 3;

let folder: string;
const running = new Set<ChildProcess>();

// Four commands are started, each a process of its own that loads every package.
vi.setConfig({ testTimeout: 240_000 });

/** A scenes folder, predictions of one system, trajectories of another. */
beforeAll(async () => {
  folder = await temporary('human-eval');
  await writeScenes({ out: join(folder, 'scenes'), count: 1, seed: 1, split: 'test' });
  const questions = await readQuestions(join(folder, 'scenes', 'questions.jsonl'));
  const lines = questions.map(({ id }) => `${JSON.stringify({ id, answer: `base ${id}` })}\n`);
  await writeFile(join(folder, 'base.jsonl'), lines.join(''));
  const trajectories = questions.map(({ id, question }) => ({
    ...{ id, question, image: 'x.png', final: `rectified ${id}`, stop: 'accepted' as const },
    attempts: [{ response: `base ${id}` }, { response: `rectified ${id}` }],
  }));
  await writeFile(join(folder, 'loop.jsonl'), formatTrajectories(trajectories));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts the command and waits until it serves. */
async function serve(...args: readonly string[]): Promise<{
  readonly links: Readonly<Record<string, string>>;
  readonly end: (signal: 'SIGINT' | 'SIGKILL') => Promise<number | null>;
}> {
  const words = ['human-eval', 'serve', '--port', '0', '--json', ...args];
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...words], {
    cwd: root,
    env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const ended = once(child, 'exit');
  ended.then(() => running.delete(child)).catch(() => undefined);
  const lines = createInterface({ input: child.stdout });
  const said = await Promise.race([once(lines, 'line'), ended]);
  const { links } = JSON.parse(String(said[0])) as { links: Record<string, string> };
  return {
    links,
    end: async (signal) => {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

/** A request by whom the link belongs to, as the page makes it. */
async function request(link: string | undefined, path: string, body?: unknown): Promise<unknown> {
  const { origin, hash } = new URL(link ?? '');
  const reply = await fetch(`${origin}/api/${path}`, {
    headers: { Authorization: `Bearer ${hash.slice(1)}` },
    ...(body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) }),
  });
  expect(reply.status).toBe(200);
  return reply.json();
}

interface ShownItem {
  readonly responses: readonly { readonly text: string }[];
}

/** Rates what says `rectified` better than what says `base`. */
async function rate(link: string | undefined, positions: readonly number[]): Promise<void> {
  for (const position of positions) {
    const { responses } = (await request(link, `items/${position}`)) as ShownItem;
    for (const [slot, { text }] of responses.entries()) {
      const isBetter = text.startsWith('rectified');
      const put = (scale: string, value: number) =>
        request(link, `items/${position}/responses/${slot}/${scale}`, { value });
      for (const scale of ['localisation', 'coherence', 'overall']) await put(scale, isBetter ? 5 : 2);
      await put('factualError', isBetter ? 0 : 1);
    }
  }
}

describe('fgam human-eval', () => {
  test('serves a study, goes on after it was stopped, and reports when all is rated', async () => {
    const store = join(folder, 'study.sqlite');
    const study = [
      ...['--store', store, '--data', join(folder, 'scenes'), '--raters', 'anna,ben'],
      ...['--items', String(ITEMS), '--responses', `base=${join(folder, 'base.jsonl')}`],
      ...['--responses', `loop=${join(folder, 'loop.jsonl')}`],
    ];
    const first = await serve(...study);
    await rate(first.links['anna'], [0, 1, 2]);
    await rate(first.links['ben'], [2]);
    // While it is being served.
    const early = await fgam('human-eval', 'report', store);
    expect(early.code).toBe(0);
    expect(early.out).toContain('systems stay unnamed');
    expect(early.out).not.toMatch(/base|loop/);
    expect(await fgamJson('human-eval', 'report', store)).toMatchObject({
      complete: false,
      raters: [
        { name: 'anna', rated: 6, of: 6 },
        { name: 'ben', rated: 2, of: 6 },
      ],
    });
    expect(await first.end('SIGINT')).toBe(0);

    const second = await serve(...study);
    const hashOf = (link = '') => new URL(link).hash;
    expect(hashOf(second.links['ben'])).toBe(hashOf(first.links['ben']));
    expect(await request(second.links['ben'], 'session')).toMatchObject({ done: [false, false, true] });
    await rate(second.links['ben'], [0, 1]);
    expect(await second.end('SIGINT')).toBe(0);

    const report = await fgam('human-eval', 'report', store);
    expect(report.out).toMatch(/base\s+│ 2\.00 \[2\.00, 2\.00\].*100\.0 % \[100\.0, 100\.0\]/);
    expect(report.out).toMatch(/loop\s+│ 5\.00 \[5\.00, 5\.00\].*0\.0 % \[0\.0, 0\.0\]/);
    expect(report.out).toMatch(/Krippendorff's alpha\s+│ 1\.000/);

    const other = await fgam('human-eval', 'serve', ...study, '--seed', '2', '--json');
    expect(other).toMatchObject({ code: 1 });
    expect(JSON.parse(other.out)).toMatchObject({ error: { code: 'fgam/other-study' } });
  });

  test('writes corrections as trajectories, those too that a killed server had stored', async () => {
    const images = join(folder, 'images');
    await mkdir(join(images, 'a'), { recursive: true });
    const { samples } = await readScenes(join(folder, 'scenes'));
    await copyFile(samples[0]?.image ?? '', join(images, 'a', '1.png'));
    const questions = join(folder, 'llava.jsonl');
    await writeFile(
      questions,
      '{"question_id": 7, "image": "a/1.png", "text": "what is red ?", "category": "x"}\n',
    );
    const answers = join(folder, 'llava-answers.jsonl');
    await writeFile(answers, '{"question_id": 7, "text": "a cat", "model_id": "x"}\n');
    const store = join(folder, 'author', 'study.sqlite');
    const { links, end } = await serve(
      ...['--author', '--store', store, '--questions', questions, '--images', images],
      ...['--responses', `base=${answers}`, '--raters', 'anna,ben'],
    );
    const issues = [{ kind: 'object', claim: 'a cat', correction: 'a dog' }];
    await request(links['anna'], 'items/0/correction', { verdict: 'revise', issues, corrected: 'a dog' });
    await request(links['ben'], 'items/0/correction', { verdict: 'accept' });
    await end('SIGKILL');
    const path = join(folder, 'author', 'trajectories.jsonl');
    const written = await readTrajectories(path);
    expect(written).toEqual([
      {
        id: '7',
        image: join(images, 'a', '1.png'),
        question: 'what is red ?',
        attempts: [
          { response: 'a cat', feedback: { verdict: 'revise', issues, text: 'object : a dog' } },
          { response: 'a dog', feedback: { verdict: 'accept' } },
        ],
        final: 'a dog',
        stop: 'accepted',
      },
      expect.objectContaining({ id: '7-2', final: 'a cat', attempts: [expect.anything()] }),
    ]);
    // A study of the same folder that has no corrections is not to take its place.
    const beside = ['--author', '--data', join(folder, 'scenes'), '--raters', 'anna', '--port', '0'];
    const second = join(folder, 'author', 'second.sqlite');
    const taken = await fgam(
      ...['human-eval', 'serve', '--store', second, ...beside],
      ...['--responses', `base=${join(folder, 'base.jsonl')}`],
    );
    expect(taken).toMatchObject({ code: 1 });
    expect(taken.err).toContain('expected no file where corrections are to be written');
    expect(await readTrajectories(path)).toEqual(written);
    const theirs = join(folder, 'author', 'theirs.jsonl');
    await writeFile(theirs, 'somebody else\n');
    const over = await fgam('human-eval', 'serve', '--store', store, '--trajectories', theirs, '--port', '0');
    expect(over.err).toContain('expected no file where corrections are to be written');
    const fewer = await fgam('human-eval', 'serve', '--store', store, '--items', '5', '--port', '0');
    expect(fewer.err).toContain('expected the study that was begun there');
    await writeFile(path, '');
    // The study is in its file: no other option is needed.
    const again = await serve('--store', store);
    expect(await readTrajectories(path)).toEqual(written);
    expect(await again.end('SIGINT')).toBe(0);
    expect((await fgam('human-eval', 'report', store)).out).toBe(
      'anna: 1 of 1, 1 with a correction\nben: 1 of 1, 0 with a correction\n',
    );
  });

  test('says what is wrong with its inputs', async () => {
    const store = join(folder, 'none.sqlite');
    const serveWith = (...args: readonly string[]) =>
      fgam('human-eval', 'serve', '--store', store, '--port', '0', '--raters', 'anna', ...args);
    const base = join(folder, 'base.jsonl');
    const bad = join(folder, 'bad.jsonl');
    const withQuestions = async (line: string) => {
      await writeFile(bad, `${line}\n`);
      return serveWith('--questions', bad, '--images', folder, '--author', '--responses', `base=${base}`);
    };
    for (const more of [[], ['--data', folder, '--questions', base], ['--questions', base]])
      expect(await serveWith(...more, '--json')).toMatchObject({
        ...{ code: 2, out: '' },
        err: expect.stringContaining('expected --data FOLDER, or --questions FILE') as string,
      });
    expect(await fgam('human-eval', 'serve', '--store', store)).toMatchObject({ code: 2, out: '' });
    expect((await serveWith('--data', join(folder, 'scenes'))).err).toContain('two or more systems');
    expect((await withQuestions('{"id": "a"}')).err).toMatch(
      /bad\.jsonl:1: expected \{id, image, question\}/,
    );
    expect((await withQuestions('{"id": "a", "image": "../x.png", "question": "b"}')).err).toContain(
      'within',
    );
    expect((await withQuestions('{"id": "a", "image": "x.png", "question": "b"}')).err).toContain(
      'got 1 others or none',
    );
    expect(await serveWith('--responses', 'base')).toMatchObject({ code: 2 });
    expect(await serveWith('--port', '99999')).toMatchObject({ code: 2 });
    expect(await fgam('human-eval', 'report', store)).toMatchObject({ code: 1, out: '' });
  });
});
