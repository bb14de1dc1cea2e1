import { benchError } from '../error.js';

/**
 * Whose judge: `official` reads the official prompt or gave what stands in the files, `fgam-judge` reads
 * this project's own prompt.
 */
export type JudgedDialect = 'official' | 'fgam-judge';

/** The dialects of a benchmark that only a judge scores. */
export const JUDGED_DIALECTS: readonly [JudgedDialect, ...JudgedDialect[]] = ['official', 'fgam-judge'];

/** A question with what is said of it: an answer, or what a judge said of one. */
export interface JudgedRow<Item, Said> {
  readonly item: Item;
  readonly answer: Said;
}

/** What a judge gave each row, undefined where it gave nothing that can be read; and whose values they are. */
export interface JudgedValues {
  readonly dialect: JudgedDialect;
  readonly values: readonly (number | undefined)[];
  readonly notes: readonly string[];
}

/**
 * Who judged the rows of files, in words.
 *
 * @param said - what the judge gave there, for the message: `grades`
 * @throws FgamError `bench/mixed-judges`
 */
export function judgeOfFiles(task: string, said: string, judges: Iterable<string>): string {
  const names = [...new Set(judges)];
  if (names.length > 1)
    throw benchError(
      'bench/mixed-judges',
      `${task}: expected the ${said} of one judge, got those of ${names.join(' and ')}; let one of them judge all rows`,
    );
  return names.join('') || 'a judge that the file does not name';
}
