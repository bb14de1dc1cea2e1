import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BENCHMARKS } from '../tasks/find-benchmark.js';
import type { BenchmarkTask } from '../tasks/benchmark-task.js';
import { jsonLines, writeFiles } from '../tasks/choice.test-support.js';
import { mmeTask } from '../tasks/mme/mme-task.js';
import { popeTask } from '../tasks/pope/pope-task.js';
import { scienceQaTask } from '../tasks/scienceqa/scienceqa-task.js';
import { locateQuestions } from './locate-questions.js';

const pope = async (images: readonly string[]) => {
  const rows = images.map((image, id) => ({ question_id: id, image, text: 'Is there a cat?', label: 'yes' }));
  return join(await writeFiles({ 'coco_pope_random.json': jsonLines(rows) }), 'coco_pope_random.json');
};
const located = async (names: readonly string[], files: readonly string[], allowMissing = false) => {
  const folder = await writeFiles(Object.fromEntries(files.map((file) => [file, 'bytes'])));
  const found = await locateQuestions(popeTask, [await pope(names)], folder, { allowMissing });
  return { ...found, files: found.questions.map(({ image = '' }) => image.slice(folder.length + 1)) };
};

describe('locateQuestions', () => {
  it('finds images by path, in folders below, without their ending, and with or without the split of COCO', async () => {
    const names = ['a.jpg', 'sub/b.jpg', 'c', 'COCO_val2014_000000000042.jpg', '000000000043.jpg', 'd.jpg'];
    const files = [
      ...[
        'a.jpg',
        'sub/b.jpg',
        'deep/er/c.png',
        'val2017/000000000042.jpg',
        'COCO_train2014_000000000043.jpg',
      ],
      ...['d.png', 'notes.txt'],
    ];
    expect((await located(names, files)).files).toEqual([
      ...['a.jpg', 'sub/b.jpg', 'deep/er/c.png', 'val2017/000000000042.jpg'],
      ...['COCO_train2014_000000000043.jpg', 'd.png'],
    ]);
  });

  it('prefers the very name and the folders of a name, and guesses nothing', async () => {
    expect((await located(['x/a.jpg'], ['y/a.jpg', 'x/images/a.jpg'])).files).toEqual(['x/images/a.jpg']);
    expect((await located(['a.jpg'], ['a.png', 'sub/a.jpg'])).files).toEqual(['sub/a.jpg']);
    await expect(located(['a.jpg'], ['x/a.jpg', 'y/a.jpg'])).rejects.toThrow(
      '1 are there more than once (a.jpg)',
    );
  });

  it('lists images that are not there, or leaves their questions out where that is allowed', async () => {
    await expect(located(['a.jpg', 'b.jpg', 'c.jpg'], ['b.jpg'])).rejects.toMatchObject({
      code: 'bench/missing-images',
      message: expect.stringContaining('2 are not there (a.jpg, c.jpg)') as string,
    });
    const { files, withoutFile } = await located(['a.jpg', 'b.jpg'], ['b.jpg'], true);
    expect({ files, withoutFile }).toEqual({ files: ['b.jpg'], withoutFile: ['random/0'] });
    await expect(locateQuestions(popeTask, [await pope(['a.jpg'])], '/nowhere at all')).rejects.toThrow(
      'expected a folder of images',
    );
  });

  it('keeps questions that have no image, also where all images are missing', async () => {
    const problem = { question: 'What?', choices: ['a', 'b'], answer: 0, subject: 'natural science' };
    const row = { ...problem, grade: 'grade2', split: 'test', hint: '' };
    const folder = await writeFiles({
      'problems.json': { 1: { ...row, image: 'image.png' }, 2: { ...row, image: null } },
      'images/test/1/image.png': 'bytes',
    });
    const [truth, images] = [[join(folder, 'problems.json')], join(folder, 'images')];
    const { questions } = await locateQuestions(scienceQaTask, truth, images);
    expect(questions.map(({ id, image }) => [id, image])).toEqual([
      ['1', join(images, 'test/1/image.png')],
      ['2', undefined],
    ]);
    const elsewhere = await writeFiles({ 'other.png': 'bytes' });
    const left = await locateQuestions(scienceQaTask, truth, elsewhere, { allowMissing: true });
    expect(left.questions.map(({ id }) => id)).toEqual(['2']);
    expect(left.withoutFile).toEqual(['1']);
  });

  it("tells MME's tasks apart, which have images of the same names", async () => {
    const lines = '0001.png\tIs it?\tYes\n0001.png\tIs it not?\tNo\n';
    const folder = await writeFiles({
      'truth/color.txt': lines,
      'truth/count.txt': lines,
      'images/color/images/0001.png': 'one',
      'images/count/0001.png': 'two',
    });
    const { questions } = await locateQuestions(mmeTask, [join(folder, 'truth')], join(folder, 'images'));
    expect([...new Set(questions.map(({ image = '' }) => image.slice(folder.length)))].sort()).toEqual([
      '/images/color/images/0001.png',
      '/images/count/0001.png',
    ]);
  });

  it('refuses benchmarks that ask nothing in words', async () => {
    const silent: BenchmarkTask = {
      ...(BENCHMARKS.find(({ name }) => name === 'pope') ?? popeTask),
      name: 'silent',
      questions: async () => [{ id: '1', prompt: '' }],
    };
    await expect(locateQuestions(silent, [], '/tmp')).rejects.toThrow('silent: expected questions in words');
  });
});
