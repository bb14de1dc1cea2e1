import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAbsent, jsonLines, sharedData, shuffled, writeFiles, meanOfRows } from '../choice.test-support.js';
import { parseRefcocoBox } from './parse-refcoco-box.js';
import { refcocoTask } from './refcoco-task.js';

const size = { width: 200, height: 100 };

describe('parseRefcocoBox', () => {
  it('reads pixels, shares, thousandths and the padded square', () => {
    for (const [text, box] of [
      ['[20, 10, 120, 60]', [20, 10, 120, 60]],
      ['It is at [0.1, .1, 0.6, 0.6].', [20, 10, 120, 60]],
      ['<ref>it</ref><box>(100,100),(600,600)</box>', [20, 10, 120, 60]],
      ['[1e-1, 1E-1, 6e-01, 0.6]', [20, 10, 120, 60]],
      [`${'<box>'.repeat(100_000)} 20 10 120 60`, [20, 10, 120, 60]],
      ['none', undefined],
      ['[0.5, 0.5, 0.4, 0.6]', undefined],
      ['1 2 3', undefined],
    ] as const)
      expect(
        parseRefcocoBox(text, size, 'official')?.map((value) => Number(value.toFixed(9))),
        text,
      ).toEqual(box);
    // The square has 50 pixels above and below the picture.
    expect(parseRefcocoBox('[0.1, 0.3, 0.6, 0.55]', size, 'llava')?.map(Math.round)).toEqual([
      20, 10, 120, 60,
    ]);
    expect(parseRefcocoBox([1, 2, 3, 4], size, 'llava')).toEqual([1, 2, 3, 4]);
  });
});

const reference = (id: number, split: string, ann = id) => ({
  ...{ ref_id: id, ann_id: ann, image_id: 1, split },
  sentences: [0, 1].map((each) => ({ sent: `thing ${id} ${each}`, sent_id: 2 * id + each })),
});
const instances = {
  images: [{ id: 1, file_name: 'a.jpg', ...size }],
  annotations: [1, 2, 3].map((id) => ({ id, bbox: [10 * id, 0, 40, 40] })),
};
const write = (
  answers: readonly unknown[],
  refs = [reference(1, 'val'), reference(2, 'testA'), reference(3, 'train')],
) => writeFiles({ 'refs(unc).json': refs, 'instances.json': instances, 'answers.jsonl': jsonLines(answers) });
const score = (folder: string, settings: Partial<Parameters<typeof refcocoTask.score>[0]> = {}) =>
  refcocoTask.score({ truth: [folder], predictions: [join(folder, 'answers.jsonl')], ...settings });

describe('refcoco', () => {
  it('counts boxes from IoU 0.5 on, split by split', async () => {
    const folder = await write([
      { sent_id: 2, bbox: [10, 0, 50, 40] },
      // 20 of 40 columns: IoU 0.5.
      { sent_id: 3, bbox: [10, 0, 30, 40] },
      { question_id: 4, text: 'no box' },
      { question_id: 5, text: '[0.1, 0, 0.195, 0.4]' },
    ]);
    const result = await score(folder);
    expect(result).toMatchObject({
      n: 4,
      metrics: { precisionAt50: 0.5 },
      byCategory: { val: { precisionAt50: 1, meanIou: 0.75 }, testA: { precisionAt50: 0 } },
      faults: { unparsable: ['4'] },
    });
    expect(result.byCategory['testA']?.['meanIou']).toBeCloseTo(19 / 40 / 2, 12);
  });

  it('scores the splits that have answers, whole, and never the training split', async () => {
    const folder = await write([{ sent_id: 2, bbox: [10, 0, 50, 40] }]);
    await expect(score(folder)).rejects.toThrow('1 missing (3)');
    const result = await score(folder, { allowMissing: true });
    expect(result).toMatchObject({ n: 2, missing: 1, metrics: { precisionAt50: 0.5 } });
    expect(meanOfRows(result, 'precisionAt50')).toBe(0.5);
    expect(result.notes).toEqual(['no answers to testA: not scored']);
    const training = await write([{ sent_id: 6, bbox: [10, 0, 50, 40] }]);
    await expect(score(training)).rejects.toThrow('1 unknown (6)');
    const lost = await write([{ sent_id: 2, bbox: [10, 0, 50, 40] }], [reference(1, 'val', 9)]);
    await expect(score(lost)).rejects.toMatchObject({ code: 'bench/bad-truth' });
  });

  it('is full for the true boxes in any order, as rows too, and 0 for texts without one', async () => {
    const rows = [1, 2, 3].map((id) => ({
      ...{ question_id: id, image: `${id}.jpg`, sent: `it ${id}`, bbox: [id, 2, 30, 40], ...size },
    }));
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const folder = await writeFiles({
          'refs.json': rows,
          'answers.jsonl': jsonLines(
            shuffled(rows, seed).map(({ question_id, bbox }) => ({ question_id, bbox })),
          ),
          'empty.jsonl': jsonLines(rows.map(({ question_id }) => ({ question_id, text: '' }))),
        });
        expect((await score(folder)).metrics).toEqual({ precisionAt50: 1, meanIou: 1 });
        const empty = await score(folder, { predictions: [join(folder, 'empty.jsonl')] });
        expect(empty.metrics).toEqual({ precisionAt50: 0, meanIou: 0 });
        const saved = await refcocoTask.savePredictions(
          [folder],
          new Map(rows.map(({ question_id, bbox }) => [String(question_id), JSON.stringify(bbox)])),
          join(folder, 'saved'),
        );
        expect((await score(folder, { predictions: saved })).metrics['precisionAt50']).toBe(1);
      }),
      { numRuns: 5 },
    );
  });

  it('asks as LLaVA-1.5 was trained', async () => {
    const folder = await write([]);
    expect((await refcocoTask.questions([folder]))[0]).toEqual({
      ...{ id: '2', image: 'a.jpg' },
      prompt: 'Please provide the bounding box coordinate of the region this sentence describes: thing 1 0',
    });
  });
});

const real = sharedData('format-examples', 'refcoco_refs_unc.first1.json');
describe.skipIf(isAbsent(real))("RefCOCO's first reference (needs the shared data)", () => {
  it('is read, and is of the training split', async () => {
    const folder = await writeFiles({
      'instances.json': {
        images: [{ id: 581857, file_name: 'a.jpg', ...size }],
        annotations: [{ id: 1719310, bbox: [1, 2, 3, 4] }],
      },
    });
    expect(await refcocoTask.questions([real, join(folder, 'instances.json')])).toEqual([]);
  });
});
