import { join } from 'node:path';
import { writeAtomic } from '@fgam/data';
import { STATEMENT_PROMPT } from '@fgam/rectifier';
import { z } from 'zod';
import { readFormFile } from './form-file.js';

const fileSchema = z.strictObject({
  format: z.literal('fgam-module'),
  version: z.literal(1),
  /** It says what is true of short questions, asked so, before it knows the response; it knows no others. */
  states: z.literal(true),
  prompt: z.literal(STATEMENT_PROMPT.name),
});

const FILE = 'module.json';

/** Says beside a module's weights that it states what is true of short questions. */
export async function writeModuleFile(folder: string): Promise<void> {
  const content: z.infer<typeof fileSchema> = {
    ...{ format: 'fgam-module', version: 1 },
    states: true,
    prompt: STATEMENT_PROMPT.name,
  };
  await writeAtomic(join(folder, FILE), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * Whether a module that reads images states what is true; false for one that gives verdicts.
 * @throws FgamError `fgam/bad-file` for a file of another form; `data/bad-json`
 */
export async function doesState(folder: string): Promise<boolean> {
  const file = await readFormFile(folder, {
    name: FILE,
    schema: fileSchema,
    tells: 'how a rectification module was trained to be asked',
  });
  return file !== undefined;
}
