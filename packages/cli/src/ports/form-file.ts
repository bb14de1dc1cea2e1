import { join } from 'node:path';
import { FgamError, parseJson, readTextIfThere } from '@fgam/data';
import type { z } from 'zod';
import { listFaults } from '../train/list-faults.js';

/** A file beside a module's weights that tells how it was trained to be asked. */
export interface FormFile<Schema extends z.ZodType> {
  readonly name: string;
  readonly schema: Schema;
  /** What it tells, for messages: `expected ..., got ...`. */
  readonly tells: string;
}

/**
 * What a form file of a model folder has; undefined where there is none.
 * @throws FgamError `fgam/bad-file` naming every fault; `data/bad-json`
 */
export async function readFormFile<Schema extends z.ZodType>(
  folder: string,
  { name, schema, tells }: FormFile<Schema>,
): Promise<z.output<Schema> | undefined> {
  const path = join(folder, name);
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(text, path));
  if (parsed.success) return parsed.data;
  const faults = listFaults(parsed.error).join('; ');
  throw new FgamError<'fgam/bad-file'>(
    'fgam/bad-file',
    `${path}: expected ${tells}, got ${faults}; train it again`,
  );
}
