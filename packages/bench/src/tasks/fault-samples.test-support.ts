import { ANSWER_SAMPLES } from './answers/answer-samples.test-support.js';
import { amberTask } from './amber/amber-task.js';
import type { BenchmarkTask, ScoreInput } from './benchmark-task.js';
import { mmVetTask } from './mm-vet/mm-vet-task.js';
import { mmbenchTask } from './mmbench/mmbench-task.js';
import { mmeTask } from './mme/mme-task.js';
import { mmhalTask } from './mmhal-bench/mmhal-task.js';
import { popeTask } from './pope/pope-task.js';
import { refcocoTask } from './refcoco/refcoco-task.js';
import { sugarcrepeTask } from './sugarcrepe/sugarcrepe-task.js';
import { winogroundTask } from './winoground/winoground-task.js';
import { jsonLines } from './choice.test-support.js';

/** Questions of a benchmark, and rows that answer them. */
export interface FaultSample {
  readonly task: BenchmarkTask;
  readonly truth: Readonly<Record<string, unknown>>;
  /** Ids of the questions as a score names them. */
  readonly ids: readonly string[];
  /** The row of a question, by its id in a score; of `strange` too, which the truth has not. */
  readonly row: (id: string, answer: string) => unknown;
  readonly strange: string;
  readonly right: string;
  /** What the rule takes for no answer; undefined where it takes every text for one. */
  readonly unparsable?: string | undefined;
  readonly settings?: Partial<ScoreInput>;
}

const ids = ['1', '2', '3'];
const UNHEARD = 'xyzzy';
/** A judge that gives full marks, and to one answer nothing that it can be asked for. */
const judge: NonNullable<ScoreInput['judge']> = {
  name: 'test judge',
  judge: (requests) =>
    Promise.resolve(requests.map(({ prompt }) => (prompt.includes(UNHEARD) ? 'well' : '1 Rating: 6'))),
};

/** One a benchmark that asks questions. */
export const FAULT_SAMPLES: readonly FaultSample[] = [
  ...ANSWER_SAMPLES.map(({ task, truth, ids, row, right, unparsable }) => ({
    ...{ task, truth, ids, row, right, unparsable, strange: task.name === 'vizwiz' ? '9.jpg' : '9' },
  })),
  {
    task: popeTask,
    truth: {
      'coco_pope_random.json': jsonLines(
        ids.map((id) => ({
          question_id: Number(id),
          image: 'i.jpg',
          text: `Is there a ${id}?`,
          label: 'yes',
        })),
      ),
    },
    ids: ids.map((id) => `random/${id}`),
    row: (id, text) => ({ question_id: id.replace('random/', ''), text }),
    ...{ strange: '9', right: 'yes', unparsable: 'perhaps', settings: { dialect: 'lmms-eval' } },
  },
  {
    task: mmeTask,
    truth: {
      'scene.txt': ids
        .concat('4')
        .map((id) => `${id < '3' ? 'a' : 'b'}.jpg\t${id}?\tYes\n`)
        .join(''),
    },
    ids: ids.concat('4').map((id) => `scene/${id < '3' ? 'a' : 'b'} ${id}?`),
    row: (id, text) => {
      const [image = '', prompt = ''] = id.split(' ');
      return { question_id: `${image}.jpg`, prompt, text };
    },
    ...{ strange: 'scene/z 9?', right: 'Yes', unparsable: 'perhaps' },
  },
  {
    task: mmbenchTask,
    truth: {
      'mmbench_dev.tsv': [
        'index\tquestion\tA\tB\tanswer\n',
        ...ids.map((id) => `${id}\tWhich?\tcat\tdog\tA\n`),
      ].join(''),
    },
    ...{ ids, strange: '9', right: 'A', unparsable: 'perhaps' },
    row: (id, text) => ({ question_id: id, text }),
  },
  {
    task: mmVetTask,
    truth: {
      'mm-vet.json': Object.fromEntries(
        ids.map((id) => [
          `v1_${id}`,
          { imagename: 'i.png', question: '?', answer: 'a', capability: ['ocr'] },
        ]),
      ),
    },
    ids: ids.map((id) => `v1_${id}`),
    row: (id, text) => ({ question_id: id, text }),
    ...{ strange: 'v1_9', right: 'a', unparsable: UNHEARD, settings: { judge } },
  },
  {
    task: mmhalTask,
    truth: {
      'response_template.json': ids.map((id) => ({
        ...{ image_id: id, image_src: 'https://example.org/i.jpg', image_content: ['Cat'] },
        ...{ question: '?', gt_answer: 'a' },
      })),
    },
    ids,
    row: (id, model_answer) => ({ image_id: id, model_answer }),
    ...{ strange: '9', right: 'a', unparsable: UNHEARD, settings: { judge } },
  },
  {
    task: refcocoTask,
    truth: {
      'refs.json': ids.map((id) => ({
        ...{ question_id: id, image: 'i.jpg', sent: 'it', bbox: [0, 0, 4, 4], width: 8, height: 8 },
      })),
    },
    ids,
    row: (id, text) => ({ question_id: id, text }),
    ...{ strange: '9', right: '[0, 0, 4, 4]', unparsable: 'nowhere' },
  },
  {
    task: winogroundTask,
    truth: {
      'examples.jsonl': jsonLines([{ id: 1, caption_0: 'a', caption_1: 'b', image_0: 'x', image_1: 'y' }]),
    },
    ids: ['c0_i0', 'c0_i1', 'c1_i0', 'c1_i1'].map((pair) => `1/${pair}`),
    row: (id, text) => ({ question_id: id, text }),
    ...{ strange: '9/c0_i0', right: 'yes', unparsable: 'perhaps', settings: { dialect: 'fgam-yes-no' } },
  },
  {
    task: sugarcrepeTask,
    truth: {
      'add_att.json': Object.fromEntries(
        ids.map((id) => [id, { filename: 'i.jpg', caption: 'a', negative_caption: 'b' }]),
      ),
    },
    ids: ids.map((id) => `add_att/${id}`),
    row: (id, text) => ({ question_id: id, text }),
    ...{ strange: 'add_att/9', right: 'A', unparsable: 'both', settings: { dialect: 'fgam-letters' } },
  },
  {
    task: amberTask,
    truth: {
      'annotations.json': ids.map((id) => ({
        id: Number(id),
        type: 'discriminative-relation',
        truth: 'yes',
      })),
    },
    ids,
    row: (id, response) => ({ id, response }),
    ...{ strange: '9', right: 'Yes', unparsable: 'yes' },
  },
];
