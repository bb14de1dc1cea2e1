import type { BenchmarkTask } from '../benchmark-task.js';
import { jsonLines } from '../choice.test-support.js';
import { aokvqaTask } from '../aokvqa/aokvqa-task.js';
import { fvqaTask } from '../fvqa/fvqa-task.js';
import { gqaTask } from '../gqa/gqa-task.js';
import { gvqaTask } from '../gvqa/gvqa-task.js';
import { scienceQaTask } from '../scienceqa/scienceqa-task.js';
import { seedTask } from '../seed/seed-task.js';
import { spatialSenseTask } from '../spatialsense/spatialsense-task.js';
import { textVqaTask } from '../textvqa/textvqa-task.js';
import { vizWizTask } from '../vizwiz/vizwiz-task.js';
import { vqav2Task } from '../vqav2/vqav2-task.js';
import { vsrTask } from '../vsr/vsr-task.js';

/** Three questions, what answers them right, the metric that is then 100, and official rows of an id and an answer. */
export interface AnswerSample {
  readonly task: BenchmarkTask;
  readonly truth: Readonly<Record<string, unknown>>;
  readonly ids: readonly string[];
  readonly right: string;
  readonly metric: string;
  readonly row: (id: string, answer: string) => unknown;
  /** What the official rule takes for no answer; undefined where it takes every text for one. */
  readonly unparsable?: string;
}

const three = ['1', '2', '3'] as const;
const ten = (answer: string) => Array.from({ length: 10 }, (_, place) => ({ answer, answer_id: place + 1 }));
const questionRow = (id: string, answer: string) => ({ question_id: id, answer });

/** One a benchmark of answers. */
export const ANSWER_SAMPLES: readonly AnswerSample[] = [
  {
    task: vqav2Task,
    truth: {
      'v2_annotations.json': {
        annotations: three.map((id) => ({
          ...{ question_id: Number(id), image_id: 1, question_type: 'what', answer_type: 'other' },
          answers: ten('cat'),
        })),
      },
      'v2_questions.json': {
        questions: three.map((id) => ({ question_id: Number(id), image_id: 1, question: 'What?' })),
      },
    },
    ...{ ids: three, right: 'cat', metric: 'overall', row: questionRow },
  },
  {
    task: textVqaTask,
    truth: {
      'TextVQA_val.json': {
        data: three.map((id) => ({
          ...{ question_id: Number(id), image_id: id, question: 'What?' },
          answers: ten('cat').map(({ answer }) => answer),
        })),
      },
    },
    ...{ ids: three, right: 'cat', metric: 'overall', row: questionRow },
  },
  {
    task: vizWizTask,
    truth: {
      'val.json': three.map((id) => ({
        ...{ image: `${id}.jpg`, question: 'What?', answer_type: 'other', answerable: 1 },
        answers: ten('cat'),
      })),
    },
    ids: three.map((id) => `${id}.jpg`),
    ...{ right: 'cat', metric: 'overall', row: (image: string, answer: string) => ({ image, answer }) },
  },
  {
    task: gqaTask,
    truth: {
      'a_questions.json': Object.fromEntries(
        three.map((id) => [id, { imageId: 'i', question: 'What?', answer: 'cat', isBalanced: true }]),
      ),
    },
    ...{
      ids: three,
      right: 'cat',
      metric: 'accuracy',
      row: (questionId: string, prediction: string) => ({ questionId, prediction }),
    },
  },
  {
    task: aokvqaTask,
    truth: {
      'aokvqa_v1p0_val.json': three.map((id) => ({
        ...{
          question_id: id,
          image_id: 1,
          question: 'What?',
          choices: ['cat', 'dog'],
          correct_choice_idx: 0,
          direct_answers: ['cat', 'cat', 'cat'],
        },
      })),
    },
    ...{ ids: three, right: 'cat', metric: 'multipleChoice', row: questionRow, unparsable: 'cow' },
  },
  {
    task: scienceQaTask,
    truth: {
      'problems.json': Object.fromEntries(
        three.map((id) => [
          id,
          {
            question: 'What?',
            choices: ['cat', 'dog'],
            answer: 0,
            subject: 'natural science',
            grade: 'grade2',
            split: 'test',
          },
        ]),
      ),
    },
    ...{ ids: three, right: '0', metric: 'accuracy', row: questionRow, unparsable: '7' },
  },
  {
    task: seedTask,
    truth: {
      'SEED-Bench.json': {
        questions: three.map((id) => ({ question_id: id, answer: 'A', question: 'What?', choice_a: 'cat' })),
      },
    },
    ...{
      ids: three,
      right: 'A',
      unparsable: 'a',
      metric: 'accuracy',
      row: (question_id: string, prediction: string) => ({ question_id, prediction }),
    },
  },
  {
    task: spatialSenseTask,
    truth: {
      'annotations.json': [
        {
          ...{ url: 'https://example.org/a.jpg', split: 'test' },
          annotations: three.map((_id) => ({
            ...{ _id, predicate: 'on', label: true },
            subject: { name: 'cat' },
            object: { name: 'mat' },
          })),
        },
      ],
    },
    ...{
      ids: three,
      right: 'yes',
      unparsable: 'perhaps',
      metric: 'accuracy',
      row: (_id: string, prediction: string) => ({ _id, prediction }),
    },
  },
  {
    task: vsrTask,
    truth: {
      'dev.jsonl': jsonLines(
        three.map((id) => ({ image: `${id}.jpg`, caption: 'A cat.', label: 1, relation: 'on' })),
      ),
    },
    ...{
      ids: ['0', '1', '2'],
      right: 'yes',
      unparsable: 'perhaps',
      metric: 'accuracy',
      row: (id: string, prediction: string) => ({ id, prediction }),
    },
  },
  {
    task: fvqaTask,
    truth: {
      'all_qs_dict_release.json': Object.fromEntries(
        three.map((id) => [id, { question_id: id, img_file: 'a.jpg', question: 'What?', answer: 'cat' }]),
      ),
    },
    ...{ ids: three, right: 'cat', metric: 'top1', row: questionRow },
  },
  {
    task: gvqaTask,
    truth: {
      'truth.json': three.map((id) => ({
        ...{ id, image: 'a.jpg', question: 'What?', answer: 'cat' },
        box: [0, 0, 1, 1],
      })),
    },
    ...{
      ids: three,
      right: 'cat',
      metric: 'answerAccuracy',
      row: (id: string, answer: string) => ({ id, answer, box: [0, 0, 1, 1] }),
    },
  },
];
