import { readJson } from '@fgam/data';
import { basename } from 'node:path';
import { benchError } from '../../error.js';
import { isFields } from '../answers/read-answers.js';
import { listFiles } from '../files/list-files.js';
import { readTable, TABLE_NAME, type TableRow } from '../files/read-table.js';

/** A problem of ScienceQA. */
export interface ScienceQaItem {
  readonly id: string;
  readonly question: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
  readonly hint: string;
  readonly hasImage: boolean;
  /** `natural science`, `social science` or `language science`; undefined in VLMEvalKit's table, as is the grade. */
  readonly subject?: string;
  /** 1 to 12. */
  readonly grade?: number;
  readonly split: string;
}

/** All problems of the files, and the ids of each split. */
export interface ScienceQaTruth {
  readonly problems: ReadonlyMap<string, ScienceQaItem>;
  readonly splits: ReadonlyMap<string, readonly string[]>;
}

const LETTERS = ['A', 'B', 'C', 'D', 'E'];

/**
 * Reads `problems.json` and, where it is given, `pid_splits.json`; else a problem's own `split` counts. Or
 * VLMEvalKit's table of the problems with an image, which numbers them anew.
 *
 * @throws FgamError `bench/bad-truth` where a problem has another form; `data/bad-json`, `data/missing-file`
 */
export async function readScienceQaTruth(paths: readonly string[]): Promise<ScienceQaTruth> {
  const files = await listFiles(
    paths,
    /^(?:problems.*|pid_splits)\.json$|^ScienceQA_.*\.tsv$/i,
    'problems.json',
    'bench/bad-truth',
  );
  const tables = files.filter((file) => TABLE_NAME.test(file));
  if (tables.length > 0 && tables.length < files.length)
    throw benchError(
      'bench/bad-truth',
      `scienceqa: expected problems.json or a table of VLMEvalKit, whose ids are others, got both (${files.join(', ')}); name one`,
    );
  const problems = new Map<string, ScienceQaItem>();
  const splits = new Map<string, readonly string[]>();
  for (const file of files) {
    if (tables.includes(file)) {
      for (const row of await readTable(file)) {
        const item = itemOfTable(row, file);
        problems.set(item.id, item);
      }
      continue;
    }
    const value = await readJson(file);
    if (!isFields(value))
      throw benchError(
        'bench/bad-truth',
        `scienceqa: ${file}: expected an object by problem or split, got another value; name problems.json`,
      );
    for (const [key, entry] of Object.entries(value))
      if (/^pid_splits/i.test(basename(file))) splits.set(key, idsOf(entry, file, key));
      else problems.set(key, itemOf(key, entry, file));
  }
  if (problems.size === 0)
    throw benchError(
      'bench/bad-truth',
      `scienceqa: expected problems.json among ${paths.join(', ')}, got none; add it`,
    );
  if (splits.size === 0) {
    const ids = [...problems.values()];
    for (const { split } of ids)
      splits.set(split, splits.get(split) ?? ids.filter((item) => item.split === split).map(({ id }) => id));
  }
  return { problems, splits };
}

function idsOf(value: unknown, file: string, split: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((id) => typeof id === 'string'))
    throw benchError(
      'bench/bad-truth',
      `scienceqa: ${file}: ${split}: expected a list of ids as texts; name the official pid_splits.json`,
    );
  return value;
}

function itemOf(id: string, value: unknown, file: string): ScienceQaItem {
  const fields = isFields(value) ? value : {};
  const { question, choices, answer, hint, image, subject, grade, split } = fields;
  const year = typeof grade === 'string' ? Number(/^grade(\d+)$/.exec(grade)?.[1]) : Number.NaN;
  const isWell =
    typeof question === 'string' &&
    Array.isArray(choices) &&
    choices.every((choice): choice is string => typeof choice === 'string') &&
    typeof answer === 'number' &&
    choices[answer] !== undefined &&
    typeof subject === 'string' &&
    Number.isInteger(year);
  if (!isWell)
    throw benchError(
      'bench/bad-truth',
      `scienceqa: ${file}: problem ${id}: expected question, choices, answer (index of a choice), subject and grade; name the official problems.json`,
    );
  return {
    ...{ id, question, choices, answer, subject },
    hint: typeof hint === 'string' ? hint : '',
    hasImage: image !== null && image !== undefined && image !== '',
    grade: year,
    split: typeof split === 'string' ? split : 'test',
  };
}

function itemOfTable(row: TableRow, file: string): ScienceQaItem {
  const { index, question, hint, answer } = row;
  const choices = LETTERS.flatMap((letter) => row[letter] ?? []);
  const right = LETTERS.indexOf(answer ?? '');
  if (index === undefined || question === undefined || choices[right] === undefined)
    throw benchError(
      'bench/bad-truth',
      `scienceqa: ${file}: row ${index ?? '?'}: expected index, question, choices A, B, ... and answer, the letter of one; name VLMEvalKit's ScienceQA_TEST.tsv`,
    );
  return {
    ...{ id: index, question, choices, answer: right, hint: hint ?? '' },
    ...{ hasImage: true, split: /_VAL\b/i.test(basename(file)) ? 'val' : 'test' },
  };
}
