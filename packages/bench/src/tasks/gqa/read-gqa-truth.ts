import { readJson, readJsonRecords } from '@fgam/data';
import { basename } from 'node:path';
import { benchError } from '../../error.js';
import { type Fields, idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { readTable, TABLE_NAME } from '../files/read-table.js';

/** A question of GQA. */
export interface GqaItem {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  readonly answer: string;
  readonly isBalanced: boolean;
  /** `verify`, `query`, `choose`, `logical`, `compare`; undefined in files without types. */
  readonly structural?: string;
  readonly semantic?: string;
  /** Whether validity is that of the question's kind alone (`...Common`), as the official script has it. */
  readonly isCommon: boolean;
  readonly globalGroup?: string;
  readonly entailed: readonly string[];
  /** Steps of the program that are no mere look at what there is; undefined in files without programs. */
  readonly steps?: number;
  /** Regions that question and answer are about: ids of the scene graph's objects. */
  readonly pointers: readonly string[];
  /** Whether a step is about the whole scene. */
  readonly isOfScene: boolean;
}

/** Answers that make sense for a question, and those that are likely. */
export interface GqaChoices {
  readonly valid: ReadonlySet<string>;
  readonly plausible: ReadonlySet<string>;
}

/** An object's box in 0..1 of its image: x0, y0, x1, y1. */
export type GqaBox = readonly [number, number, number, number];

/** The official files, as far as they are given. */
export interface GqaTruth {
  readonly items: readonly GqaItem[];
  readonly choices?: ReadonlyMap<string, GqaChoices>;
  /** Boxes by image and object id. */
  readonly scenes?: ReadonlyMap<string, ReadonlyMap<string, GqaBox>>;
}

/** Operations that are not counted as steps. */
const NO_STEP = ['exist', 'query: name', 'choose name'];

/**
 * Reads GQA's questions (`testdev_balanced_questions.json`, `val_all_questions.json`, lmms-eval's or
 * VLMEvalKit's form) and, told by their names, `*choices.json` and `*sceneGraphs.json`.
 *
 * @throws FgamError `bench/bad-truth` where a question has another form; `data/bad-json`, `data/missing-file`
 */
export async function readGqaTruth(paths: readonly string[]): Promise<GqaTruth> {
  const files = await listFiles(
    paths,
    /(?:questions|choices|sceneGraphs)\.json$|^GQA_.*\.tsv$/i,
    '*_questions.json',
    'bench/bad-truth',
  );
  const items: GqaItem[] = [];
  const choices = new Map<string, GqaChoices>();
  const scenes = new Map<string, ReadonlyMap<string, GqaBox>>();
  for (const file of files) {
    const name = basename(file);
    if (/choices\.json$/i.test(name))
      for (const [id, value] of await entriesOf(file)) choices.set(id, choicesOf(value, file, id));
    else if (/sceneGraphs\.json$/i.test(name))
      for (const [id, value] of await entriesOf(file)) scenes.set(id, boxesOf(value, file, id));
    else for (const item of await readQuestions(file)) items.push(item);
  }
  if (items.length === 0)
    throw benchError(
      'bench/bad-truth',
      `gqa: expected a file of questions among ${paths.join(', ')}, got none; add it`,
    );
  return { items, ...(choices.size > 0 ? { choices } : {}), ...(scenes.size > 0 ? { scenes } : {}) };
}

async function entriesOf(file: string): Promise<[string, unknown][]> {
  const value = await readJson(file);
  return isFields(value) ? Object.entries(value) : [];
}

async function readQuestions(file: string): Promise<GqaItem[]> {
  if (TABLE_NAME.test(file))
    return (await readTable(file)).map((row, place) => itemOf(row['index'], row, file, place));
  const { records } = await readJsonRecords(file);
  const [only] = records;
  // The official file is an object of questions by id.
  if (records.length === 1 && isFields(only?.value) && !('question' in only.value))
    return Object.entries(only.value).map(([id, row], place) => itemOf(id, row, file, place));
  return records.map(({ value }, place) =>
    itemOf(
      isFields(value) ? (value['id'] ?? value['questionId'] ?? value['question_id']) : undefined,
      value,
      file,
      place,
    ),
  );
}

function itemOf(rawId: unknown, row: unknown, file: string, place: number): GqaItem {
  const id = idText(rawId);
  const fields = isFields(row) ? row : {};
  const { question, answer } = fields;
  if (id === undefined || typeof question !== 'string' || typeof answer !== 'string')
    throw benchError(
      'bench/bad-truth',
      `gqa: ${file}: question ${id ?? place + 1}: expected an id, question and answer; name the questions of a split with answers`,
    );
  const types = fieldsOf(fields['types']);
  const { structural, semantic, detailed } = types;
  const { global } = fieldsOf(fields['groups']);
  const program = stepsOf(fields['semantic']);
  const annotations = fieldsOf(fields['annotations']);
  return {
    ...{ id, question, answer },
    image: idText(fields['imageId'] ?? fields['image_id'] ?? fields['image_path']) ?? id,
    isBalanced: fields['isBalanced'] !== false,
    ...(typeof structural === 'string' ? { structural } : {}),
    ...(typeof semantic === 'string' ? { semantic } : {}),
    isCommon: typeof detailed === 'string' && detailed.includes('Common'),
    ...(typeof global === 'string' ? { globalGroup: global } : {}),
    entailed: Array.isArray(fields['entailed'])
      ? fields['entailed'].flatMap((each: unknown) => idText(each) ?? [])
      : [],
    ...(program ? { steps: program.filter((step) => !NO_STEP.some((no) => step.includes(no))).length } : {}),
    pointers: ['question', 'fullAnswer'].flatMap((part) =>
      Object.values(fieldsOf(annotations[part])).flatMap((each) => idText(each) ?? []),
    ),
    isOfScene: isSceneStep(fields['semantic']),
  };
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The steps of a program as `operation: argument`. */
function stepsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return (value as readonly unknown[]).map((step) => {
    const { operation, argument } = fieldsOf(step);
    return `${String(operation)}: ${String(argument)}`;
  });
}

/**
 * The official script asks whether a step has a key `scene`, which a step of the public files never has; it
 * is asked the same way here.
 */
function isSceneStep(value: unknown): boolean {
  return (
    Array.isArray(value) && (value as readonly unknown[]).some((step) => isFields(step) && 'scene' in step)
  );
}

function choicesOf(value: unknown, file: string, id: string): GqaChoices {
  const { valid, plausible } = fieldsOf(value);
  if (!isTexts(valid) || !isTexts(plausible))
    throw benchError(
      'bench/bad-truth',
      `gqa: ${file}: ${id}: expected lists valid and plausible; name the official choices file`,
    );
  return { valid: new Set(valid), plausible: new Set(plausible) };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function boxesOf(value: unknown, file: string, id: string): ReadonlyMap<string, GqaBox> {
  const { width, height, objects } = fieldsOf(value);
  const boxes = new Map<string, GqaBox>();
  for (const [object, raw] of Object.entries(fieldsOf(objects))) {
    const { x, y, w, h } = fieldsOf(raw);
    const numbers = [x, y, w, h, width, height].filter((each) => typeof each === 'number');
    const [left, top, wide, high, across, down] = numbers;
    if (
      left === undefined ||
      top === undefined ||
      wide === undefined ||
      high === undefined ||
      !across ||
      !down
    )
      throw benchError(
        'bench/bad-truth',
        `gqa: ${file}: ${id}: object ${object}: expected x, y, w, h and the image's width and height; name the official scene graphs`,
      );
    boxes.set(object, [left / across, top / down, (left + wide) / across, (top + high) / down]);
  }
  return boxes;
}
