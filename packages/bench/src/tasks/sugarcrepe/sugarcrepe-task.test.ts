import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expectNumbers,
  jsonLines,
  readCases,
  shuffled,
  writeFiles,
  meanOfRows,
} from '../choice.test-support.js';
import { sugarcrepeTask } from './sugarcrepe-task.js';

const { sets } = await readCases<{
  readonly sets: readonly {
    readonly types: Readonly<Record<string, readonly (readonly [number, number])[]>>;
    readonly each: Readonly<Record<string, number>>;
    readonly scores: Readonly<Record<string, number>>;
  }[];
}>('sugarcrepe');
const truthOf = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, id) => [
      String(id),
      { filename: `${id % 3}.jpg`, caption: `true ${id}`, negative_caption: `false ${id}` },
    ]),
  );
const score = (
  folder: string,
  file: string,
  settings: Partial<Parameters<typeof sugarcrepeTask.score>[0]> = {},
) => sugarcrepeTask.score({ truth: [folder], predictions: [join(folder, file)], ...settings });

describe('sugarcrepe', () => {
  it('gives the shares of the rule, in whatever order the rows are', async () => {
    expect(sets).toHaveLength(60);
    for (const [place, { types, each, scores }] of sets.entries()) {
      const rows = Object.entries(types).flatMap(([type, pairs]) =>
        pairs.map(([positive, negative], id) => ({ id: `${type}/${id}`, positive, negative })),
      );
      const folder = await writeFiles({
        ...Object.fromEntries(
          Object.entries(types).map(([type, { length }]) => [`${type}.json`, truthOf(length)]),
        ),
        'a.jsonl': jsonLines(rows),
        'b.jsonl': jsonLines(shuffled(rows, place)),
      });
      const result = await score(folder, 'a.jsonl');
      expectNumbers(result.metrics, scores);
      expect(meanOfRows(result, 'accuracy')).toBeCloseTo(Number(result.metrics['accuracy']), 12);
      expectNumbers(
        Object.fromEntries(Object.entries(result.byCategory).map(([type, { accuracy }]) => [type, accuracy])),
        each,
      );
      expect(await score(folder, 'b.jsonl')).toEqual(result);
    }
  });

  it('asks for a letter, either of which may be the true one, and reads it', async () => {
    const folder = await writeFiles({ 'swap_obj.json': truthOf(40) });
    const questions = await sugarcrepeTask.questions([folder], 'fgam-letters');
    const trueLetters = questions.map(({ prompt }) => /([AB])\. true/.exec(prompt)?.[1] ?? '');
    expect(new Set(trueLetters)).toEqual(new Set(['A', 'B']));
    const scoreOf = async (say: (letter: string) => string) => {
      const answers = new Map(questions.map(({ id }, place) => [id, say(trueLetters[place] ?? '')]));
      const predictions = await sugarcrepeTask.savePredictions([folder], answers, join(folder, 'saved'));
      return score(folder, '', { predictions, dialect: 'fgam-letters' });
    };
    expect((await scoreOf((letter) => `(${letter}) it is`)).metrics['accuracy']).toBe(1);
    expect((await scoreOf((letter) => (letter === 'A' ? 'B' : 'A'))).metrics['accuracy']).toBe(0);
    const none = await scoreOf(() => 'Both');
    expect(none.metrics['accuracy']).toBe(0);
    expect(none.faults.unparsable).toHaveLength(40);
  });

  it("takes an id alone for one of the file's type, or of the only one, and the authors' verdicts", async () => {
    const verdict = (correct: boolean) => ({
      ...{ answer: { free_form_answer: '(1)' }, caption: 'a', negative_caption: 'b', correct },
    });
    const folder = await writeFiles({
      'swap_obj.json': truthOf(2),
      'add_att.json': truthOf(2),
      'said/gpt4v-swap_obj.json': { 1: verdict(false), 0: verdict(true) },
      'said/clip-add_att.json': [0, 1].map((id) => ({ id, positive: 0.3, negative: 0.2 })),
      'scores.jsonl': jsonLines([0, 1].map((id) => ({ id, positive: id, negative: 0.5 }))),
    });
    const both = await score(folder, 'said');
    expect(both.metrics).toEqual({ accuracy: 0.75, meanOfTypes: 0.75 });
    expect(both.byCategory['swap_obj']).toEqual({ accuracy: 0.5 });
    const one = await score(folder, 'scores.jsonl', { truth: [join(folder, 'add_att.json')] });
    expect(one.metrics['accuracy']).toBe(0.5);
    await expect(score(folder, 'scores.jsonl')).rejects.toThrow(/expected ids as add_att\/12 .* got 0/);
    await expect(
      score(folder, 'said/clip-add_att.json', { truth: [join(folder, 'swap_obj.json')] }),
    ).rejects.toThrow(/2 missing .* 2 unknown \(add_att\/0, add_att\/1\)/);
  });

  it('names missing, duplicate and unknown rows', async () => {
    const folder = await writeFiles({
      'add_att.json': truthOf(3),
      'a.jsonl': jsonLines([0, 1, 1, 9].map((id) => ({ id: `add_att/${id}`, positive: 1, negative: 0 }))),
      'other.json': { 0: { filename: 'a.jpg', caption: 'no other' } },
    });
    await expect(score(folder, 'a.jsonl')).rejects.toThrow(
      '1 missing (add_att/2); 1 duplicate (add_att/1); 1 unknown (add_att/9)',
    );
    expect(await score(folder, 'a.jsonl', { allowMissing: true })).toMatchObject({
      ...{ n: 3, missing: 2, metrics: { accuracy: 1 / 3 } },
    });
    await expect(score(folder, 'a.jsonl', { truth: [join(folder, 'other.json')] })).rejects.toMatchObject({
      code: 'bench/bad-truth',
    });
  });
});
