import { readJsonParts } from '@fgam/data';
import { benchError } from '../../error.js';
import { idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';

/** A question of VQAv2 with the credit of its prediction: the ten answers are not kept. */
export interface Vqav2Item {
  readonly id: string;
  /** Id of the COCO image: questions of one image are drawn together by the bootstrap. */
  readonly image: string;
  readonly answerType: string;
  readonly questionType: string;
  /** 0..1 */
  readonly credit: number;
  /** What most people answered, where the file says it: for people. */
  readonly truth: string | undefined;
}

/** A question as it is asked. */
export interface Vqav2Question {
  readonly id: string;
  readonly image: string;
  readonly question: string;
}

const ANNOTATIONS = /annotations.*\.json$/i;
const QUESTIONS = /questions.*\.json$/i;

/**
 * Streams the annotations of VQA files (VQAv2, VQAv1, OK-VQA): only a block of a file is held beside the
 * items. Files of questions among the paths are passed over.
 *
 * @param creditOf - what the prediction for a question is worth against people's answers, 0..1
 * @throws FgamError `bench/bad-truth` where no annotations are given or one is of another form;
 * `data/bad-json`, `data/missing-file`
 */
export async function readVqav2Truth(
  paths: readonly string[],
  creditOf: (id: string, answers: readonly string[]) => number,
): Promise<Vqav2Item[]> {
  const items: Vqav2Item[] = [];
  const types = new Map<string, string>();
  // The same types and answers stand in many rows: one string each is kept.
  const shared = (type: string): string => types.get(type) ?? (types.set(type, type), type);
  for await (const { file, value, place } of membersOf(paths, ANNOTATIONS, 'annotations')) {
    const item = itemOf(value, creditOf, shared);
    if (item === undefined)
      throw benchError(
        'bench/bad-truth',
        `vqav2: ${file}: annotation ${place}: expected question_id, image_id, question_type, answer_type and answers with texts; check that it is a VQA annotation file`,
      );
    items.push(item);
  }
  if (items.length === 0)
    throw benchError(
      'bench/bad-truth',
      `vqav2: expected a file with annotations (v2_mscoco_val2014_annotations.json) among ${paths.join(', ')}, got none; add it`,
    );
  return items;
}

/**
 * Reads the questions of VQA files.
 *
 * @throws FgamError `bench/bad-truth` where no file has questions or one is of another form
 */
export async function readVqav2Questions(paths: readonly string[]): Promise<Vqav2Question[]> {
  const questions: Vqav2Question[] = [];
  for await (const { file, value, place, subtype } of membersOf(paths, QUESTIONS, 'questions')) {
    const id = isFields(value) ? idText(value['question_id']) : undefined;
    const image = isFields(value) ? idText(value['image_id']) : undefined;
    if (!isFields(value) || id === undefined || image === undefined || typeof value['question'] !== 'string')
      throw benchError(
        'bench/bad-truth',
        `vqav2: ${file}: question ${place}: expected question_id, image_id and question; check that it is a VQA question file`,
      );
    questions.push({ id, image: imageName(image, subtype), question: value['question'] });
  }
  if (questions.length === 0)
    throw benchError(
      'bench/bad-truth',
      `vqav2: expected a file with questions (v2_OpenEnded_mscoco_val2014_questions.json) among ${paths.join(', ')}, got none; add it`,
    );
  return questions;
}

/**
 * COCO's file name of an image: the split is in the question file's `data_subtype` (`val2014`; test-dev's
 * images are named for `test2015`).
 */
function imageName(image: string, subtype: string | undefined): string {
  if (subtype === undefined) return image;
  const split = subtype.startsWith('test') ? 'test2015' : subtype;
  return `COCO_${split}_${image.padStart(12, '0')}.jpg`;
}

async function* membersOf(
  paths: readonly string[],
  name: RegExp,
  key: string,
): AsyncGenerator<{ file: string; value: unknown; place: number; subtype: string | undefined }> {
  for (const file of await listFiles(paths, name, `*${key}.json`, 'bench/bad-truth')) {
    let subtype: string | undefined;
    let place = 0;
    for await (const part of readJsonParts(file)) {
      if (part.kind === 'value' && part.key === 'data_subtype' && typeof part.value === 'string')
        subtype = part.value;
      if (part.kind !== 'elements' || part.key !== key) continue;
      for (const value of part.elements) yield { file, value, place: ++place, subtype };
    }
  }
}

/** Checked by hand: a schema takes longer than all else on 214,354 rows. */
function itemOf(
  value: unknown,
  creditOf: (id: string, answers: readonly string[]) => number,
  shared: (type: string) => string,
): Vqav2Item | undefined {
  if (!isFields(value)) return undefined;
  const id = idText(value['question_id']);
  const image = idText(value['image_id']);
  const {
    question_type: questionType,
    answer_type: answerType,
    multiple_choice_answer: common,
    answers,
  } = value;
  if (id === undefined || image === undefined || !Array.isArray(answers) || answers.length === 0)
    return undefined;
  if (typeof questionType !== 'string' || typeof answerType !== 'string') return undefined;
  const texts: string[] = [];
  for (const answer of answers as readonly unknown[]) {
    if (typeof answer !== 'object' || answer === null || !('answer' in answer)) return undefined;
    const text = answer.answer;
    if (typeof text !== 'string') return undefined;
    texts.push(text);
  }
  // Without a spread, which copies: there are 214,354 of these.
  return {
    id,
    image,
    answerType: shared(answerType),
    questionType: shared(questionType),
    credit: creditOf(id, texts),
    truth: typeof common === 'string' ? shared(common) : undefined,
  };
}
