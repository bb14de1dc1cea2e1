import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { listFiles } from '../files/list-files.js';
import { readTable, TABLE_NAME } from '../files/read-table.js';

/** How a benchmark's own files and those of the toolkits name what is read. */
export interface AnswerFormat {
  /** The id's field in the official file and in the `doc` of lmms-eval's samples; the first that is there. */
  readonly ids: readonly string[];
  /** The answer's field in the official file; the first that is there. */
  readonly answers: readonly string[];
  /** The rows of a JSON file that is an object, such as answers by id; default the object itself is a row. */
  readonly rowsOf?: (file: Fields) => readonly unknown[];
  /** The rows of a file that is a pair of lists: ids and answers. */
  readonly pairsOf?: (first: unknown, second: unknown) => readonly unknown[] | undefined;
  /** Turns an id of a file into that of the truth, as where a file has an image's name without its ending. */
  readonly idOf?: (id: string, row: Fields) => string;
  /** Rows that are of another task, passed over; default none. */
  readonly isOther?: (row: Fields) => boolean;
  /** An answer that is no text: an index, a list; default an answer is text. */
  readonly textOf?: (answer: unknown) => string | undefined;
}

/** A JSON object or a row of a table. */
export type Fields = Readonly<Record<string, unknown>>;

/** How many faulty rows a message names. */
const NAMED = 5;

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads answers from files in any of four forms, told row by row:
 *
 * - official: the benchmark's own fields;
 * - LLaVA: `question_id` and `text`;
 * - lmms-eval's samples: the first of `filtered_resps`, or of `resps`, with the id in `doc`;
 * - VLMEvalKit's tables: `index` and `prediction`, where an empty cell is an empty answer.
 *
 * @param task - for messages
 * @throws FgamError `bench/bad-predictions` that names the rows of another form; `data/bad-json`, `data/missing-file`
 */
export async function readAnswers(
  task: string,
  paths: readonly string[],
  format: AnswerFormat,
): Promise<PredictedRow<string>[]> {
  const files = await listFiles(
    paths,
    /\.(?:jsonl?|tsv|csv|xlsx)$/i,
    '*.json, *.jsonl, *.tsv or *.xlsx',
    'bench/bad-predictions',
  );
  const answers: PredictedRow<string>[] = [];
  for (const file of files) {
    const faults: string[] = [];
    for (const [place, row] of (await rowsOfFile(file, format)).entries()) {
      if (isFields(row) && format.isOther?.(row)) continue;
      const read = isFields(row) ? readRow(row, format) : 'no object';
      if (typeof read === 'string') faults.push(`row ${place + 1} (${read})`);
      else answers.push(read);
    }
    if (faults.length > 0)
      throw benchError(
        'bench/bad-predictions',
        `${task}: ${file}: expected answers as ${format.ids.join('|')} and ${format.answers.join('|')}, or in the form of LLaVA, lmms-eval or VLMEvalKit, ` +
          `got ${faults.length} other rows: ${faults.slice(0, NAMED).join(', ')}${faults.length > NAMED ? ' and more' : ''}; repair them or name another file`,
      );
  }
  return answers;
}

async function rowsOfFile(file: string, { rowsOf, pairsOf }: AnswerFormat): Promise<readonly unknown[]> {
  if (TABLE_NAME.test(file)) return readTable(file);
  const { records } = await readJsonRecords(file);
  const [first, second, third] = records;
  const pairs = third === undefined ? pairsOf?.(first?.value, second?.value) : undefined;
  if (pairs !== undefined) return pairs;
  return records.flatMap(({ value }) => (rowsOf && isFields(value) ? rowsOf(value) : [value]));
}

/** The answer of a row, or what is wrong with it. */
function readRow(row: Fields, format: AnswerFormat): PredictedRow<string> | string {
  const { ids, textOf = plainText, idOf = (id: string) => id } = format;
  const isSample = 'filtered_resps' in row || 'resps' in row;
  const isTable = !isSample && 'index' in row && !ids.some((name) => name in row);
  const holder = isSample ? row['doc'] : row;
  if (!isFields(holder)) return 'no doc';
  const id = idText(isTable ? row['index'] : (firstThere(holder, ids) ?? row['question_id']));
  if (id === undefined) return 'no id';
  const answer = isSample
    ? textOf(firstOf(row['filtered_resps']) ?? firstOf(row['resps']))
    : isTable
      ? textOf(row['prediction'])
      : textOf(firstThere(row, format.answers) ?? row['text']);
  return answer === undefined ? `${id}: no answer` : { id: idOf(id, holder), answer };
}

/** The first field that has a value. */
function firstThere(row: Fields, names: readonly string[]): unknown {
  for (const name of names) if (row[name] !== undefined && row[name] !== null) return row[name];
  return undefined;
}

function plainText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** An id of a file as text; undefined for what is none. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first value of lists in lists. */
function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? firstOf(value[0]) : value;
}
