import { z } from 'zod';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { idText } from '../files/id-text.js';
import { listFiles } from '../files/list-files.js';
import { lmmsEvalRow } from '../files/lmms-eval-row.js';
import { readRows } from '../files/read-rows.js';
import type { PopeQuestion } from './read-pope-truth.js';

/** An answer, before it is known which question it is for. */
interface PopeAnswer {
  /** Rows of one block are of one split, if only it were known which. */
  readonly block: string;
  /** As the file has it, for messages. */
  readonly fileId: string;
  readonly questionId: string;
  readonly split?: string | undefined;
  /** The question, as the model was asked it. */
  readonly text?: string | undefined;
  readonly answer: string;
}

/** LLaVA's question ids are a code of the split times this, plus the official id. */
const LLAVA_SPLIT = 10_000_000;

/**
 * The share of a block's questions that must be those of a split before the rest is a fault of the
 * file and not another split.
 */
const OF_ONE_SPLIT = 0.9;

const row = z.union([
  // LLaVA, and an id with the text of the answer. A row with a label is of the truth: its text is the question.
  z
    .object({
      question_id: idText,
      text: z.string(),
      prompt: z.string().optional(),
      label: z.undefined().optional(),
    })
    .transform(({ question_id: id, text, prompt }) => ({ id, answer: text, text: prompt })),
  // lmms-eval's samples.
  lmmsEvalRow(
    z.object({ question_id: idText, question: z.string(), category: z.string().optional() }),
  ).transform(({ doc, answer }) => ({
    id: doc.question_id,
    split: doc.category,
    text: doc.question,
    answer,
  })),
  // VLMEvalKit's table: a row may be of several splits.
  z
    .object({ index: idText, question: z.string(), category: z.string(), prediction: z.string() })
    .transform(({ index, question, category, prediction }) => ({
      id: index,
      splits: category.split(','),
      text: question,
      answer: prediction,
    })),
  z
    .object({ question_id: idText, answer: z.string(), question: z.undefined().optional() })
    .transform(({ question_id: id, answer }) => ({ id, text: undefined, answer })),
  // Official: without an id the place in the file stands for it, and the question confirms it.
  z
    .object({ question_id: idText.optional(), question: z.string(), answer: z.string() })
    .transform(({ question_id: id, question, answer }) => ({
      ...(id === undefined ? {} : { id }),
      text: question,
      answer,
    })),
]);

type Row = z.infer<typeof row>;

/**
 * Answers of prediction files, joined to the questions they are for. Where a file has the question that the
 * model was asked, a row is joined only if that is the question with its id; LLaVA's ids have the split as a
 * code, which is found by the questions.
 *
 * @returns ids of questions; a row that is joined to none keeps the id of its file
 * @throws FgamError `bench/bad-predictions` for another format, or where nothing tells the split
 */
export async function readPopePredictions(
  paths: readonly string[],
  questions: readonly PopeQuestion[],
): Promise<readonly PredictedRow<string>[]> {
  const files = await listFiles(paths, /\.(?:jsonl?|tsv|xlsx)$/i, '*.jsonl', 'bench/bad-predictions');
  const blocks = new Map<string, PopeAnswer[]>();
  for (const file of files)
    for (const { value, place } of await readRows(file, row, 'bench/bad-predictions'))
      for (const answer of answersOf(value, file, place)) {
        const block = blocks.get(answer.block) ?? [];
        blocks.set(answer.block, block);
        block.push(answer);
      }
  const byId = new Map(questions.map((question) => [question.id, question]));
  const splits = [...new Set(questions.map(({ split }) => split))];
  return [...blocks.values()].flatMap((block) => joinBlock(block, splits, byId));
}

function answersOf(value: Row, file: string, place: number): PopeAnswer[] {
  const { text, answer } = value;
  if ('splits' in value)
    return value.splits.map((split) => ({
      ...{ block: `${file} ${split}`, fileId: value.id, questionId: value.id, split, text, answer },
    }));
  if (!('id' in value) || value.id === undefined) {
    const fileId = String(place);
    return [{ block: file, fileId, questionId: fileId, text, answer }];
  }
  const number = Number(value.id);
  const isCoded = number >= LLAVA_SPLIT;
  const split = 'split' in value ? value.split : undefined;
  return [
    {
      block: `${file} ${split ?? (isCoded ? Math.floor(number / LLAVA_SPLIT) : '')}`,
      fileId: value.id,
      questionId: isCoded ? String(number % LLAVA_SPLIT) : value.id,
      ...{ split, text, answer },
    },
  ];
}

function joinBlock(
  block: readonly PopeAnswer[],
  splits: readonly string[],
  byId: ReadonlyMap<string, PopeQuestion>,
): PredictedRow<string>[] {
  const split = block[0]?.split ?? splitOf(block, splits, byId);
  return block.map((row) => {
    const question = split === undefined ? undefined : byId.get(`${split}/${row.questionId}`);
    const isJoined = question !== undefined && confirms(row.text, question);
    return { id: isJoined ? question.id : row.fileId, answer: row.answer };
  });
}

/** The split whose questions a block answers; undefined where it is none of them. */
function splitOf(
  block: readonly PopeAnswer[],
  splits: readonly string[],
  byId: ReadonlyMap<string, PopeQuestion>,
): string | undefined {
  const [only, ...others] = splits;
  if (block.every(({ text }) => text === undefined)) {
    if (others.length === 0) return only;
    throw benchError(
      'bench/bad-predictions',
      `pope: expected the question with each answer where several splits are scored, got ids alone (${block[0]?.fileId ?? ''}, ...); score one split at a time`,
    );
  }
  const shares = splits.map((split) => {
    const confirmed = block.filter(({ questionId, text }) => {
      const question = byId.get(`${split}/${questionId}`);
      return question !== undefined && confirms(text, question);
    });
    return { split, share: confirmed.length / block.length };
  });
  const best = shares.reduce((a, b) => (b.share > a.share ? b : a));
  return best.share >= OF_ONE_SPLIT ? best.split : undefined;
}

function confirms(asked: string | undefined, question: PopeQuestion): boolean {
  return asked === undefined || plainQuestion(asked) === plainQuestion(question.text);
}

/**
 * The first line, lower case, in the spelling that it has today: older files of POPE have `imange` where the
 * object begins with a vowel.
 */
function plainQuestion(text: string): string {
  return (text.split('\n')[0] ?? '').trim().toLowerCase().replace('imange', 'image');
}
