import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aokvqaTask } from '../aokvqa/aokvqa-task.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { writeFiles } from '../choice.test-support.js';
import { seedTask } from '../seed/seed-task.js';
import { textVqaTask } from '../textvqa/textvqa-task.js';
import { vizWizTask } from '../vizwiz/vizwiz-task.js';

const aokvqa = { question_id: 'q7', image_id: 1, question: 'What?', choices: ['cat'], correct_choice_idx: 0 };
const textVqa = { question_id: 7, image_id: 'i', question: 'What?' };
const vizWiz = { image: '7.jpg', question: 'What?', answer_type: 'other', answerable: 1 };

/** Its file, a question without answers, the name of that question, and a file of no questions. */
const TRUTHS: readonly (readonly [BenchmarkTask, string, unknown, string, unknown])[] = [
  [textVqaTask, 'TextVQA_val.json', { data: [{ ...textVqa, answers: [] }] }, 'question 1 (7)', { data: [] }],
  [
    ...([textVqaTask, 'TextVQA_VAL.tsv', 'index\timage_path\tquestion\tanswer\n7\ti\tWhat?\t[]\n'] as const),
    ...(['question 1 (7)', 'index\timage_path\tquestion\tanswer\n'] as const),
  ],
  [vizWizTask, 'val.json', [{ ...vizWiz, answers: [] }], 'question 1 (7.jpg)', []],
  [
    ...([seedTask, 'SEED-Bench.json', { questions: [{ question_id: '7', answer: '' }] }] as const),
    ...(['question 1 (7)', { questions: [] }] as const),
  ],
  [...([seedTask, 'SEED.json', [{ question_id: '7', gt_answer: [] }], 'question 1 (7)'] as const), []],
  [aokvqaTask, 'aokvqa_val.json', [{ ...aokvqa, direct_answers: [] }], 'question 1 (q7)', []],
  [aokvqaTask, 'aokvqa_val.json', [{ ...aokvqa, choices: [] }], 'question 1 (q7)', []],
];

describe.each(TRUTHS.map((each) => [each[0].name, ...each] as const))(
  '%s',
  (_, task, file, question, name, none) => {
    const score = async (truth: unknown) => {
      const folder = await writeFiles({ [file]: truth, 'said/said.json': [] });
      return task.score({
        ...{ truth: [join(folder, file)], predictions: [join(folder, 'said')], allowMissing: true },
      });
    };

    it('refuses a question without answers, by its id', async () => {
      await expect(score(question)).rejects.toMatchObject({ code: 'bench/bad-truth' });
      await expect(score(question)).rejects.toThrow(`${file}: ${name}: expected`);
    });

    it('refuses a file without questions', async () => {
      await expect(score(none)).rejects.toMatchObject({
        code: 'bench/bad-truth',
        message: expect.stringContaining('got none') as string,
      });
    });
  },
);

it('leaves out a question without direct answers that is marked as difficult', async () => {
  const row = { ...aokvqa, direct_answers: [], difficult_direct_answer: true };
  const folder = await writeFiles({
    'aokvqa_val.json': [row],
    'said.json': { q7: { multiple_choice: 'cat' } },
  });
  const { metrics } = await aokvqaTask.score({
    ...{ truth: [join(folder, 'aokvqa_val.json')], predictions: [join(folder, 'said.json')] },
  });
  expect(metrics).toEqual({ multipleChoice: 100 });
});
