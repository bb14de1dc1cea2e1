import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { BENCHMARKS } from '@fgam/bench';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

let truth: string;
let predictions: string;

beforeAll(async () => {
  const folder = await temporary('score');
  [truth, predictions] = [join(folder, 'coco_pope_random.json'), join(folder, 'answers.jsonl')];
  const rows = [1, 2, 3].map((id) => ({
    question_id: id,
    image: `${id}.jpg`,
    text: `Is there a cat ${id} in the image?`,
    label: id === 1 ? 'no' : 'yes',
  }));
  await writeFile(truth, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const answers = [2, 3].map((id) => ({ question_id: id, text: 'Yes' }));
  await writeFile(predictions, answers.map((row) => `${JSON.stringify(row)}\n`).join(''));
});

const score = (...rest: readonly string[]) =>
  ['bench', 'score', 'pope', '--truth', truth, '--predictions', predictions, ...rest] as const;

describe('fgam bench score', () => {
  test('prints one JSON object, as the scorer gives it', async () => {
    const result = await fgamJson(...score('--allow-missing'));
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining([
        'task',
        'dialect',
        'n',
        'missing',
        'metrics',
        'byCategory',
        'interval',
        'faults',
      ]),
    );
    expect(result).toMatchObject({
      task: 'pope',
      dialect: 'official',
      n: 3,
      missing: 1,
      metrics: { accuracy: 2 / 3, recall: 1 },
      byCategory: { random: { precision: 2 / 3 } },
      faults: { missing: ['random/1'] },
    });
    const { metrics, interval, rows } = result as Record<'metrics' | 'interval', Record<string, unknown>> & {
      readonly rows: readonly Record<string, unknown>[];
    };
    const whole = rows.filter(({ category }) => category === undefined);
    expect(whole).toEqual(
      Object.entries(metrics).map(([metric, value]) => ({
        ...{ task: 'pope', metric, value, n: 3, interval: interval[metric] ?? null },
      })),
    );
    expect(rows).toContainEqual({
      ...{ task: 'pope', metric: 'random.precision', value: 2 / 3 },
      ...{ n: null, interval: null, category: 'random' },
    });
  });

  test('prints a table with intervals and what was wrong', async () => {
    const { code, out } = await fgam(...score('--allow-missing', '--dialect', 'lmms-eval'));
    expect(code).toBe(0);
    for (const part of [
      'POPE, lmms-eval: 3 questions',
      '95 % interval',
      '0.66667',
      ' to ',
      'missing 1: random/1',
    ])
      expect(out).toContain(part);
  });

  test('ends with 1 where rows are at fault and with 2 where it is called wrongly', async () => {
    const faulty = await fgam(...score());
    expect(faulty).toMatchObject({ code: 1, out: '' });
    expect(faulty.err).toContain('1 missing (random/1)');
    expect(JSON.parse((await fgam(...score('--json'))).out)).toMatchObject({
      error: { code: 'bench/bad-predictions' },
    });
    for (const args of [
      ['bench', 'score', 'other', '--truth', truth, '--predictions', predictions],
      ['bench', 'score', 'pope', '--truth', truth],
      score('--dialect', 'other'),
      score('--other'),
    ])
      expect((await fgam(...args)).code, args.join(' ')).toBe(2);
  });

  test('is told of by the list', async () => {
    const { tasks } = (await fgamJson('bench', 'list')) as {
      tasks: readonly { name: string; command: string; dialects: readonly string[] }[];
    };
    for (const { name, dialects } of BENCHMARKS)
      expect(tasks).toContainEqual(expect.objectContaining({ name, command: 'score', dialects }));
    expect((await fgam('bench', 'list')).out).toContain('score pope');
  });
});

describe('fgam bench score with a judge', () => {
  const servers: Server[] = [];
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const server of servers.splice(0)) server.close();
  });

  /** An endpoint that rates every answer by the number in it, or fails. */
  const endpoint = async (
    seen: { key: string | undefined; body: Record<string, unknown> }[],
    status = 200,
  ) => {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
        seen.push({ key: request.headers.authorization, body });
        const content = /says (\S+) /.exec(JSON.stringify(body))?.[1] ?? 'none';
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ model: 'judge-1', choices: [{ message: { role: 'assistant', content } }] }),
        );
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  };

  const workshop = async () => {
    const folder = await temporary('judged');
    const [questions, answers] = [join(folder, 'mm-vet.json'), join(folder, 'answers.json')];
    const row = { imagename: 'a.png', question: 'q?', answer: 'a', capability: ['ocr'] };
    await writeFile(questions, JSON.stringify({ v1_0: row, v1_1: row }));
    await writeFile(answers, JSON.stringify({ v1_0: 'it says 0.5 here', v1_1: 'it says 1.0 here' }));
    const run = ['bench', 'score', 'mm-vet', '--truth', questions, '--predictions', answers];
    return { folder, run };
  };

  test('records what an endpoint answers, and replays it without endpoint or key', async () => {
    vi.stubEnv('FGAM_API_KEY', 'secret');
    const { folder, run } = await workshop();
    const seen: { key: string | undefined; body: Record<string, unknown> }[] = [];
    const record = [
      '--judge',
      await endpoint(seen),
      '--judge-model',
      'judge',
      '--judge-record',
      join(folder, 'j'),
    ];
    const first = await fgamJson(...run, ...record);
    expect(first).toMatchObject({ task: 'mm-vet', n: 2, metrics: { total: 75, perCapability: { ocr: 75 } } });
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatchObject({ key: 'Bearer secret', body: { model: 'judge', temperature: 0 } });
    expect(await fgamJson(...run, ...record)).toEqual(first);
    expect(seen).toHaveLength(2);
    const stored = await readFile(join(folder, 'j', 'judgements.jsonl'), 'utf8');
    expect(stored.split('\n')).toHaveLength(3);
    expect(stored).not.toContain('secret');
    expect(await fgamJson(...run, '--judge-replay', join(folder, 'j'))).toEqual(first);
    await writeFile(join(folder, 'prompt.txt'), 'Official words.\n');
    const other = await fgam(
      ...run,
      '--judge-replay',
      join(folder, 'j'),
      '--judge-prompt',
      join(folder, 'prompt.txt'),
    );
    expect(other).toMatchObject({ code: 1 });
    expect(other.err).toContain('expected answers to 2 prompts, got 0');
  });

  test('says what failed at the endpoint', async () => {
    const { folder, run } = await workshop();
    const url = await endpoint([], 401);
    const failed = await fgam(
      ...run,
      '--judge',
      url,
      '--judge-model',
      'm',
      '--judge-record',
      join(folder, 'j'),
    );
    expect(failed).toMatchObject({ code: 1, out: '' });
    expect(failed.err).toMatch(/expected a judgement, got: 401/);
    expect(failed.err).not.toContain('    at ');
  });

  test('is refused where its options do not fit', async () => {
    const { folder, run } = await workshop();
    expect(await fgam(...run)).toMatchObject({ code: 1 });
    for (const options of [
      ['--judge', 'http://127.0.0.1:9/v1'],
      ['--judge', 'http://127.0.0.1:9/v1', '--judge-model', 'm'],
      [
        '--judge',
        'http://127.0.0.1:9/v1',
        '--judge-model',
        'm',
        '--judge-record',
        folder,
        '--judge-replay',
        folder,
      ],
      ['--judge-record', folder],
      ['--judge-model', 'm'],
    ])
      expect((await fgam(...run, ...options)).code, options.join(' ')).toBe(2);
  });
});
