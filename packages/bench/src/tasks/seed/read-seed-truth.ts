import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import { nameOfQuestion } from '../answers/name-of-question.js';
import { type Fields, idText, isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { readTable, TABLE_NAME } from '../files/read-table.js';

/** A question of SEED-Bench. */
export interface SeedItem {
  readonly id: string;
  /** File of the image or video; undefined in files of results. */
  readonly media?: string;
  readonly isVideo: boolean;
  readonly question: string;
  readonly choices: readonly string[];
  /** The right choice's letter. */
  readonly answer: string;
  /** The dimension's name. */
  readonly type?: string;
}

/** Letters of the choices. */
export const SEED_LETTERS: readonly string[] = ['A', 'B', 'C', 'D'];

/**
 * Reads questions of `SEED-Bench.json`, VLMEvalKit's table, or a file of published results, whose
 * rows have the truth beside the prediction (`question_id`, `gt_answer`) and nothing more. Rows that
 * say the same twice are one.
 *
 * @throws FgamError `bench/bad-truth` where a row has another form or an id has two answers
 */
export async function readSeedTruth(paths: readonly string[]): Promise<SeedItem[]> {
  const files = await listFiles(paths, /^SEED.*\.(?:json|tsv)$/i, 'SEED-Bench.json', 'bench/bad-truth');
  const items = new Map<string, SeedItem>();
  for (const file of files) {
    const { rows, names } = await rowsOf(file);
    for (const [place, row] of rows.entries()) {
      const item = isFields(row) ? itemOf(row, names) : undefined;
      const known = item === undefined ? undefined : items.get(item.id);
      if (item === undefined || (known !== undefined && known.answer !== item.answer))
        throw benchError(
          'bench/bad-truth',
          `seed: ${file}: ${nameOfQuestion(place, row, ['question_id', 'index'])}: expected question_id and answer A to D (or gt_answer), ${known ? `got a second answer to ${known.id}` : 'got another row'}; name the official SEED-Bench.json`,
        );
      items.set(item.id, item);
    }
  }
  return [...items.values()];
}

async function rowsOf(
  file: string,
): Promise<{ rows: readonly unknown[]; names: ReadonlyMap<unknown, string> }> {
  if (TABLE_NAME.test(file)) return { rows: await readTable(file), names: new Map() };
  const values = (await readJsonRecords(file)).records.map(({ value }) => value);
  const [whole] = values;
  if (values.length !== 1 || !isFields(whole) || !Array.isArray(whole['questions']))
    return { rows: values, names: new Map() };
  const types = isFields(whole['question_type']) ? whole['question_type'] : {};
  return { rows: whole['questions'], names: new Map(Object.entries(types).map(([name, id]) => [id, name])) };
}

function itemOf(row: Fields, names: ReadonlyMap<unknown, string>): SeedItem | undefined {
  const id = idText(row['question_id'] ?? row['index']);
  const answer = row['answer'] ?? row['gt_answer'];
  if (id === undefined || typeof answer !== 'string' || !SEED_LETTERS.includes(answer)) return undefined;
  const typeId = row['question_type_id'];
  const type = names.get(typeId) ?? (isThere(typeId) ? `type ${String(typeId)}` : row['category']);
  const media = idText(row['data_id'] ?? row['image_path']);
  return {
    ...{ id, answer },
    ...(media === undefined ? {} : { media }),
    isVideo: row['data_type'] === 'video',
    question: typeof row['question'] === 'string' ? row['question'] : '',
    choices: SEED_LETTERS.flatMap((letter) => {
      const choice = row[`choice_${letter.toLowerCase()}`] ?? row[letter];
      return isThere(choice) ? [String(choice)] : [];
    }),
    ...(typeof type === 'string' ? { type } : {}),
  };
}

function isThere(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
