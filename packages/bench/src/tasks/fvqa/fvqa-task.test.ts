import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  createRefilledFolder,
  expectNumbers,
  jsonLines,
  readCases,
  writeFiles,
} from '../choice.test-support.js';
import { fvqaTask } from './fvqa-task.js';
import { readWordNet } from './read-word-net.js';
import { createWupSimilarity } from './wup-similarity.js';

const wordNet = fileURLToPath(new URL('../../../test-fixtures/fvqa/wordnet', import.meta.url));

const truth = {
  'all_qs_dict_release.json': {
    1: {
      question_id: '1',
      img_file: 'x/1.jpg',
      question: 'What animal?',
      answer: 'cat',
      kb_source: 'dbpedia',
    },
    2: {
      question_id: '2',
      img_file: 'x/2.jpg',
      question: 'What animal?',
      answer: 'dog',
      kb_source: 'conceptnet',
    },
  },
};

describe('fvqa', () => {
  it('gives top-1, top-3 and the reciprocal rank of every case', async () => {
    const { cases } = await readCases<{
      readonly cases: readonly {
        truth: unknown;
        said: unknown;
        top1: number;
        top3: number;
        meanReciprocalRank: number;
      }[];
    }>('fvqa');
    expect(cases).toHaveLength(300);
    const fill = await createRefilledFolder();
    for (const { truth: questions, said, top1, top3, meanReciprocalRank } of cases) {
      const folder = fill({ 'all_qs_dict_release.json': questions, 'said.json': said });
      const { metrics } = await fvqaTask.score({
        truth: [join(folder, 'all_qs_dict_release.json')],
        predictions: [join(folder, 'said.json')],
      });
      expectNumbers(metrics, { top1, top3, meanReciprocalRank });
    }
  });

  it('gives WUPS where WordNet is among the truth, else says what is needed', async () => {
    const folder = await writeFiles({
      ...truth,
      'said.jsonl': jsonLines([
        { question_id: '1', text: 'dog' },
        { question_id: '2', answers: ['Dog', 'cat'] },
      ]),
    });
    const files = [join(folder, 'all_qs_dict_release.json')];
    const predictions = [join(folder, 'said.jsonl')];
    const without = await fvqaTask.score({ truth: files, predictions });
    expect(without.metrics).not.toHaveProperty('wups90');
    expect(without.notes.join()).toMatch(/WUPS@0.9 and WUPS@0.0 need WordNet/);
    const { metrics } = await fvqaTask.score({ truth: [...files, wordNet], predictions });
    const similar = createWupSimilarity(await readWordNet(wordNet))('cat', 'dog');
    expect(similar).toBeGreaterThan(0.8);
    expect(similar).toBeLessThan(0.9);
    expectNumbers(metrics, { wups0: 50 * (1 + similar), wups90: 50 * (1 + 0.1 * similar), top1: 50 });
  });
});

describe('createWupSimilarity', () => {
  it('gives what NLTK gives on WordNet 3.1', async () => {
    const { similarities } = await readCases<{
      readonly similarities: readonly (readonly [string, string, number])[];
    }>('fvqa/wordnet');
    const similarity = createWupSimilarity(await readWordNet(wordNet));
    expect(similarities.length).toBeGreaterThanOrEqual(300);
    for (const [a, b, wanted] of similarities) expect(similarity(a, b), `${a} ${b}`).toBeCloseTo(wanted, 12);
  });
});
