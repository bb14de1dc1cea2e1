import { basename } from 'node:path';
import { readTextIfThere } from '@fgam/data';
import { benchError, type BenchErrorCode } from '../../error.js';

/** A line of one of MME's files. */
export interface MmeLine {
  readonly task: string;
  readonly image: string;
  readonly question: string;
  readonly truth: string;
  /** Undefined where the line has three fields. */
  readonly prediction: string | undefined;
}

/**
 * The lines of a task's file `<task>.txt`: image, question, truth and, in results, prediction between
 * tabs. Nothing is quoted.
 *
 * @throws FgamError `code` that names the first line with another number of fields
 */
export async function readMmeLines(
  path: string,
  code: Extract<BenchErrorCode, 'bench/bad-truth' | 'bench/bad-predictions'>,
): Promise<MmeLine[]> {
  const text = await readTextIfThere(path);
  if (text === undefined)
    throw benchError(code, `${path}: expected a file or folder of MME, got none; check the path`);
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    const [image, question, truth, prediction, ...rest] = line.split('\t');
    if (image === undefined || question === undefined || truth === undefined || rest.length > 0)
      throw benchError(
        code,
        `${path}:${index + 1}: expected image, question, truth and prediction between tabs, got ${line.split('\t').length} fields; an answer with a tab or a line break must be cleared of it`,
      );
    return { task: basename(path).replace(/\.txt$/i, ''), image, question, truth, prediction };
  });
}
