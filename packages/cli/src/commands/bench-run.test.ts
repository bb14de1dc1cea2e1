import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RowAccounting } from '@fgam/bench';
import { readTrajectories } from '@fgam/rectifier';
import { readJsonLines } from '@fgam/data';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Behaviour,
  type ChatServer,
  sendJson,
  sendText,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';
import { readSceneData } from '../scene-data.js';
import { fgam, fgamJson, killWhen, sceneWorkshop, temporary } from './command.test-support.js';

const fixtures = fileURLToPath(new URL('../../../models/test-fixtures', import.meta.url));
const COUNT = 38;

let folder: string;
let truth: string;
let images: string;
let labels: readonly ('yes' | 'no')[];
let server: ChatServer;

/** POPE's random split about generated scenes. */
beforeAll(async () => {
  folder = await sceneWorkshop(10);
  images = join(folder, 'scenes', 'images');
  truth = join(folder, 'coco_pope_random.json');
  const { questions, sampleOf } = await readSceneData(join(folder, 'scenes'));
  const rows = questions
    .filter(({ kind }) => kind === 'existence')
    .slice(0, COUNT)
    .map(({ sample, question, answer }, id) => ({
      question_id: id,
      image: basename(sampleOf.get(sample)?.image ?? ''),
      text: question,
      label: answer === 'yes' ? ('yes' as const) : ('no' as const),
    }));
  labels = rows.map(({ label }) => label);
  await writeFile(truth, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  server = await startChatServer(sayYes);
});
beforeEach(() => server.behave(sayYes));
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const sayYes: Behaviour = (_, response) => sendText(response, 'Yes');
const run = (out: string, ...rest: readonly string[]) => [
  ...['bench', 'run', 'POPE', '--truth', truth, '--images', images, '--out', out],
  ...rest,
];
const place = () => temporary('bench-run');
const endpoint = () => ['--endpoint', server.baseUrl, '--endpoint-model', 'tiny'];
interface Run {
  readonly predictions: readonly string[];
  readonly requests: { readonly asked: number; readonly remembered: number };
  readonly score: {
    readonly metrics: Readonly<Record<string, number>>;
    readonly interval: Readonly<Record<string, readonly [number, number]>>;
  };
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rectified: {
    readonly predictions: readonly string[];
    readonly score: { readonly metrics: Readonly<Record<string, number>> };
    readonly accounting: Readonly<Record<string, RowAccounting>>;
  };
}
const ran = async (...args: readonly string[]) => (await fgamJson(...args)) as unknown as Run;
const yesShare = () => labels.filter((label) => label === 'yes').length / labels.length;

describe('fgam bench run', () => {
  test('asks the shipped base, saves official predictions, and scores what fgam bench score scores', async () => {
    const out = await place();
    const result = await ran(...run(out));
    expect(result).toMatchObject({ task: 'pope', questions: COUNT, unanswered: { withoutFile: [] } });
    // It is asked what the benchmark asks, as `fgam generate` would ask it.
    const [row] = (await readJsonLines(truth)).map(({ value }) => value as { image: string; text: string });
    const question = `${row?.text ?? ''}\nAnswer the question using a single word or phrase.`;
    const { answer } = await fgamJson(
      ...['generate', '--image', join(images, row?.image ?? ''), '--question', question],
    );
    const [saved] = await readJsonLines(result.predictions[0] ?? '');
    expect(saved?.value).toMatchObject({ question: row?.text, answer });
    const predictions = ['--predictions', ...result.predictions];
    const { rows, ...score } = await fgamJson('bench', 'score', 'pope', '--truth', truth, ...predictions);
    expect(score).toEqual(result.score);
    expect(result.rows).toEqual((rows as readonly object[]).map((each) => ({ answers: 'first', ...each })));
    expect(JSON.parse(await readFile(join(out, 'scores.json'), 'utf8'))).toEqual(result);
    const again = await ran(...run(out));
    expect(again.requests).toEqual({ asked: 0, remembered: COUNT });
    expect(again.score).toEqual(result.score);
    const other = await ran(...run(out, '--model', join(folder, 'tiny')));
    expect(other.requests.asked).toBeGreaterThan(0);
  });

  test.each([
    ['a checkpoint of the hub', 'tiny-llava', []],
    ['an ONNX export', 'onnx:tiny-llava-onnx', []],
  ])('asks %s', async (_, name, rest) => {
    const model = name.startsWith('onnx:')
      ? `onnx:${join(fixtures, name.slice('onnx:'.length))}`
      : join(fixtures, name);
    const out = await place();
    const text = await fgam(...run(out, '--model', model, '--max-tokens', '2', ...rest));
    expect(text.err).not.toContain('    at ');
    expect(text).toMatchObject({ code: 0 });
    expect(text.out).toContain('POPE, official: 38 questions, 0 without an answer');
    expect((await ran(...run(out, '--model', model, '--max-tokens', '2'))).requests.asked).toBe(0);
  });

  test("takes MMBench's images out of its table, where rows refer to each other's", async () => {
    const work = await place();
    const names = (await readdir(images)).slice(0, 2);
    const [first, second] = await Promise.all(names.map((name) => readFile(join(images, name))));
    const cells = [first?.toString('base64'), '1', second?.toString('base64')];
    const lines = [1, 1_000_001, 2].map((index, i) =>
      [index, 'What is it?', 'a cat', 'a dog', 'A', cells[i]].join('\t'),
    );
    const table = join(work, 'mmbench_dev.tsv');
    await writeFile(table, ['index\tquestion\tA\tB\tanswer\timage', ...lines, ''].join('\n'));
    const seen: string[] = [];
    server.behave(({ body }, response) => {
      const url = /data:image\/png;base64,([^"]+)/.exec(JSON.stringify(body))?.[1] ?? '';
      seen.push(url === cells[0] ? 'first' : url === cells[2] ? 'second' : 'none');
      return sendText(response, 'A');
    });
    const out = join(work, 'out');
    const args = ['bench', 'run', 'mmbench', '--truth', table, '--out', out, ...endpoint()];
    // The turned row asks the same of the same image.
    expect(await fgamJson(...args)).toMatchObject({ questions: 3, requests: { asked: 2, remembered: 1 } });
    expect(seen.sort()).toEqual(['first', 'second']);
    expect((await fgam('bench', 'run', 'pope', '--truth', truth, ...endpoint())).code).toBe(2);
  });

  test('asks questions without an image without one, and rectifies the others alone', async () => {
    const work = await place();
    const [name = ''] = await readdir(images);
    const problem = {
      choices: ['yes', 'no'],
      subject: 'natural science',
      grade: 'grade2',
      split: 'test',
      hint: '',
    };
    const problems = {
      1: { ...problem, question: 'is there a red circle ?', answer: 0, image: 'image.png' },
      2: { ...problem, question: 'is ice cold ?', answer: 0, image: null },
    };
    await writeFile(join(work, 'problems.json'), JSON.stringify(problems));
    await mkdir(join(work, 'images/test/1'), { recursive: true });
    await copyFile(join(images, name), join(work, 'images/test/1/image.png'));
    const pictures: number[] = [];
    server.behave(({ body }, response) => {
      pictures.push(JSON.stringify(body).split('image_url').length - 1);
      return sendText(response, 'A');
    });
    const out = join(work, 'out');
    const args = [
      ...['bench', 'run', 'scienceqa', '--truth', join(work, 'problems.json')],
      ...['--images', join(work, 'images'), '--out', out, ...endpoint()],
    ];
    expect(await fgamJson(...args)).toMatchObject({
      ...{ questions: 2, withoutImage: 1, unanswered: { withoutFile: [] } },
      score: { metrics: { accuracy: 100 } },
    });
    expect(pictures.map((count) => count > 0).sort()).toEqual([false, true]);
    const critic = ['--rectify', '1', '--critic', 'grounded', '--grounding', 'compact-base'];
    const text = await fgam(...args, ...critic);
    expect(text.err).not.toContain('    at ');
    expect(text.out).toContain(
      'asked without an image, as they have none: 1; their answers are not rectified',
    );
    const trajectories = await readTrajectories(join(out, 'trajectories.jsonl'));
    expect(trajectories.map(({ id }) => id)).toEqual(['1']);
  });

  test('asks an endpoint, several requests at a time', async () => {
    server.behave((_, response) => void setTimeout(() => sendText(response, 'Yes'), 20));
    const before = server.seen.length;
    const result = await ran(...run(await place(), ...endpoint(), '--concurrency', '4'));
    expect(result.score.metrics).toMatchObject({ accuracy: yesShare(), yesRatio: 1 });
    expect(result.rows).toContainEqual({
      ...{ answers: 'first', task: 'pope', metric: 'accuracy', value: yesShare(), n: labels.length },
      interval: result.score.interval['accuracy'],
    });
    expect(server.seen.length - before).toBe(result.requests.asked);
    expect(server.peak()).toBeGreaterThan(1);
    expect(server.peak()).toBeLessThanOrEqual(4);
    expect(server.seen.at(-1)?.userText).toContain('Answer the question using a single word or phrase.');
  });

  test('killed again and again, goes on, and never asks twice what it knows', async () => {
    const out = await place();
    const responses = async (): Promise<number> => {
      try {
        return (await readFile(join(out, 'responses.jsonl'), 'utf8')).split('\n').length - 1;
      } catch {
        // Not there yet.
        return 0;
      }
    };
    server.behave((_, response) => void setTimeout(() => sendText(response, 'Yes'), 40));
    const before = server.seen.length;
    const args = run(out, ...endpoint(), '--concurrency', '2');
    for (const target of [5, 15]) await killWhen(args, async () => (await responses()) >= target);
    const known = await responses();
    expect(known).toBeLessThan(COUNT);
    const asked = server.seen.length - before;
    const result = await ran(...args);
    expect(server.seen.length - before - asked).toBe(result.requests.asked);
    expect(result.requests).toEqual({ asked: COUNT - known, remembered: known });
    // Two kills, each with two requests under way at most.
    expect(server.seen.length - before).toBeLessThanOrEqual(COUNT + 4);
    expect(result.score.metrics['accuracy']).toBeCloseTo(yesShare());
    const plain = await ran(...args, '--no-cache');
    expect(plain.requests.asked).toBe(COUNT);
    expect(await responses()).toBe(COUNT);
  });

  test('says what failed at an endpoint and keeps what was answered', async () => {
    const out = await place();
    let answered = 0;
    server.behave((_, response) => {
      if ((answered += 1) <= 10) return sendText(response, 'Yes');
      response.writeHead(401).end('{}');
    });
    const failed = await fgam(...run(out, ...endpoint()));
    expect(failed).toMatchObject({ code: 1, out: '' });
    expect(failed.err).toContain('401');
    expect(failed.err).not.toContain('    at ');
    server.behave(sayYes);
    expect((await ran(...run(out, ...endpoint()))).requests).toEqual({ asked: COUNT - 10, remembered: 10 });
  });

  test('rectifies, scores first and final answers, and counts what was broken first', async () => {
    // The critic refuses every yes, and the model then says no.
    server.behave(({ body, facts }, response) => {
      const answer = facts['answer'];
      if (answer === undefined) return sendText(response, body.messages.length > 1 ? 'no' : 'yes');
      const issue = { kind: 'object', claim: 'yes', correction: 'no', confidence: 0.8, boxes: [] };
      const critique =
        answer === 'no'
          ? { verdict: 'accept', confidence: 0.9, issues: [] }
          : { verdict: 'revise', confidence: 0.7, issues: [issue] };
      sendText(response, JSON.stringify(critique));
    });
    const out = await place();
    const args = run(out, ...endpoint(), '--rectify', '2', '--critic', 'llm', '--critic-model', 'judge');
    const { score, rectified, predictions, rows } = await ran(...args);
    const yes = labels.filter((label) => label === 'yes').length;
    expect(score.metrics).toMatchObject({ accuracy: yes / COUNT });
    expect(rectified.score.metrics).toMatchObject({ accuracy: 1 - yes / COUNT, yesRatio: 0 });
    const accuracies = rows.filter(({ metric }) => metric === 'accuracy');
    expect(accuracies.map(({ answers, value }) => [answers, value])).toEqual([
      ['first', score.metrics['accuracy']],
      ['after the loop, llm', 1 - yes / COUNT],
    ]);
    expect(rectified.accounting['accuracy']).toMatchObject({
      ...{ broken: yes, fixed: COUNT - yes, unchangedRight: 0, unchangedWrong: 0, net: COUNT - 2 * yes },
      brokenIds: labels.flatMap((label, id) => (label === 'yes' ? [`random/${id}`] : [])),
    });
    const trajectories = await readTrajectories(join(out, 'trajectories.jsonl'));
    expect(trajectories).toHaveLength(COUNT);
    const finals = (await readJsonLines(rectified.predictions[0] ?? '')).map(({ value }) => value);
    expect(finals).toEqual(
      trajectories.map(({ final, id, question }) => ({
        question_id: id.split('/')[1],
        question: question.split('\n')[0],
        answer: final,
      })),
    );
    const text = (await fgam(...args)).out;
    expect(text).toMatch(new RegExp(`accuracy: broken ${yes}, fixed ${COUNT - yes}, still right 0`));
    // Nothing is asked again of model or critic: first answers, revisions, feedback.
    const before = server.seen.length;
    const again = await ran(...args);
    expect(again.requests.asked).toBe(0);
    expect(again.rectified).toEqual(rectified);
    expect(server.seen.length).toBe(before);
    // Another number of rounds is another loop, about the same first answers.
    const more = [...args.slice(0, -6), ...['--rectify', '3', '--critic', 'llm', '--critic-model', 'judge']];
    expect((await ran(...more)).requests.asked).toBe(0);
    expect(server.seen.length).toBe(before + 2 * COUNT);

    const compared = await fgamJson(
      ...['bench', 'compare', 'pope', '--truth', truth],
      ...['--predictions', ...rectified.predictions, '--against', ...predictions],
    );
    expect(compared).toMatchObject({
      task: 'pope',
      metrics: {
        accuracy: {
          ...{ n: COUNT, first: yes / COUNT, second: 1 - yes / COUNT },
          mcnemar: { onlyFirst: yes, onlySecond: COUNT - yes },
        },
      },
    });
    const { difference } = (compared['metrics'] as { accuracy: { difference: number } }).accuracy;
    expect(difference).toBeCloseTo(1 - (2 * yes) / COUNT);

    // Without the loop nothing of it stays beside the scores.
    expect(await readdir(out)).toEqual(expect.arrayContaining(['rectified', 'trajectories.jsonl']));
    expect((await ran(...run(out, ...endpoint()))).rectified).toBeUndefined();
    const left = await readdir(out);
    expect(left.sort()).toEqual(['loops', 'predictions', 'responses.jsonl', 'scores.json']);
  });

  test('the grounded critic of a compact model', async () => {
    const args = run(await place(), '--rectify', '1', '--critic', 'grounded');
    const { score, rectified } = await ran(...args);
    const {
      fixed = 0,
      broken = 0,
      unchangedRight = 0,
      unchangedWrong = 0,
    } = rectified.accounting['accuracy'] ?? {};
    expect(fixed + broken + unchangedRight + unchangedWrong).toBe(COUNT);
    const gained = (rectified.score.metrics['accuracy'] ?? 0) - (score.metrics['accuracy'] ?? 0);
    expect(fixed - broken).toBeCloseTo(gained * COUNT);
  });

  test('lists images that are not there, or counts their questions', async () => {
    const few = await place();
    const names = new Set(
      (await readJsonLines(truth)).map(({ value }) => (value as { image: string }).image),
    );
    const [first = ''] = names;
    await writeFile(join(few, first), await readFile(join(images, first)));
    const args = ['bench', 'run', 'pope', '--truth', truth, '--images', few, '--out', await place()];
    const refused = await fgam(...args, ...endpoint());
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(`${names.size - 1} are not there (`);
    const result = await fgamJson(...args, ...endpoint(), '--allow-missing');
    const { questions, unanswered, score } = result as {
      questions: number;
      unanswered: { withoutFile: readonly string[] };
      score: { missing: number };
    };
    expect(unanswered.withoutFile).toHaveLength(COUNT - questions);
    expect(score.missing).toBe(COUNT - questions);
    expect(questions).toBeGreaterThan(0);
  });

  test('saves predictions of a benchmark with a judge, and scores them if there is one', async () => {
    const questions = join(folder, 'mm-vet.json');
    const [image = ''] = (await readJsonLines(truth)).map(({ value }) => (value as { image: string }).image);
    const row = { imagename: image, question: 'What is it?', answer: 'a', capability: ['ocr'] };
    await writeFile(questions, JSON.stringify({ v1_0: row }));
    const args = ['bench', 'run', 'mm-vet', '--truth', questions, '--images', images, ...endpoint()];
    const out = await place();
    const plain = await fgam(...args, '--out', out);
    expect(plain).toMatchObject({ code: 0 });
    expect(plain.out).toContain('not scored: this benchmark needs a judge');
    expect(plain.out).toContain(join(out, 'predictions'));
    server.behave((_, response) =>
      sendJson(response, { model: 'j-1', choices: [{ message: { role: 'assistant', content: '0.5' } }] }),
    );
    const judge = ['--judge', server.baseUrl, '--judge-model', 'j', '--judge-record', join(out, 'judged')];
    const judged = await fgamJson(...args, '--out', out, ...judge);
    expect(judged).toMatchObject({ requests: { asked: 0 }, score: { metrics: { total: 50 } } });
  });

  test('is refused where it is called wrongly', async () => {
    for (const args of [
      ['bench', 'run', 'pope', '--truth', truth],
      ['bench', 'run', 'pope', '--images', images],
      ['bench', 'run', 'other', '--truth', truth, '--images', images],
      run('out', '--rectify', '1'),
      run('out', '--critic', 'grounded'),
      run('out', '--judge', 'http://127.0.0.1:9/v1'),
      run('out', '--max-tokens', '0'),
      run('out', '--endpoint', 'http://127.0.0.1:9/v1'),
    ])
      expect((await fgam(...args)).code, args.join(' ')).toBe(2);
    const none = await fgam(...run(await place(), '--model', join(folder, 'none')));
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain('none');
  });
});

describe('fgam bench compare', () => {
  test('prints percent with the interval, and refuses metrics that are no means over questions', async () => {
    const out = await place();
    const write = async (name: string, answer: (id: number) => string) => {
      const path = join(out, name);
      await writeFile(
        path,
        labels.map((_, id) => `${JSON.stringify({ question_id: id, text: answer(id) })}\n`).join(''),
      );
      return path;
    };
    const right = await write('right.jsonl', (id) => labels[id] ?? '');
    const yes = await write('yes.jsonl', () => 'yes');
    const compare = ['bench', 'compare', 'pope', '--truth', truth, '--predictions', right];
    const { code, out: text } = await fgam(...compare, '--against', yes);
    expect(code).toBe(0);
    const wrong = labels.filter((label) => label === 'no').length;
    for (const part of ['POPE, official', '100.00', (100 * yesShare()).toFixed(2), `(${wrong} against 0)`])
      expect(text).toContain(part);
    expect(await fgam(...compare)).toMatchObject({ code: 2 });
    expect(await fgam(...compare, '--against', yes, '--dialect', 'other')).toMatchObject({ code: 2 });

    const boxes = join(out, 'instances.json');
    const detections = join(out, 'detections.json');
    const box = { image_id: 1, category_id: 1, bbox: [0, 0, 10, 10] };
    await writeFile(
      boxes,
      JSON.stringify({
        images: [{ id: 1, width: 20, height: 20, file_name: '1.jpg' }],
        categories: [{ id: 1, name: 'cat' }],
        annotations: [{ ...box, id: 1, area: 100, iscrowd: 0, segmentation: [] }],
      }),
    );
    await writeFile(detections, JSON.stringify([{ ...box, score: 0.9 }]));
    const both = ['--predictions', detections, '--against', detections];
    const refused = await fgam('bench', 'compare', 'coco-boxes', '--truth', boxes, ...both);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('expected a metric that is a mean over questions');
  });
});
