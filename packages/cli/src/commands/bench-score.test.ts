import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BENCHMARKS } from '@fgam/bench';
import { beforeAll, describe, expect, test } from 'vitest';
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
