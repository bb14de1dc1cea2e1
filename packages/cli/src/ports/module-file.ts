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
  /** It describes images too, and captions are judged by that. */
  describes: z.literal(true).exactOptional(),
});

const FILE = 'module.json';

/** How a module that reads images is asked. */
export interface ModuleForm {
  /** It says what is true of short questions before it knows the response; else it gives verdicts. */
  readonly states: boolean;
  /** It describes images, and captions are judged by that; of one that states what is true alone. */
  readonly describes: boolean;
}

/**
 * Says beside a module's weights that it states what is true of short questions.
 *
 * @param options - `describes`: it has learned to write captions beside that
 */
export async function writeModuleFile(
  folder: string,
  { describes }: Pick<ModuleForm, 'describes'>,
): Promise<void> {
  const content: z.infer<typeof fileSchema> = {
    ...{ format: 'fgam-module', version: 1 },
    states: true,
    prompt: STATEMENT_PROMPT.name,
    ...(describes ? { describes } : {}),
  };
  await writeAtomic(join(folder, FILE), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * How a module that reads images is asked: for verdicts, unless a file beside its weights says otherwise.
 *
 * @throws FgamError `fgam/bad-file` for a file of another form; `data/bad-json`
 */
export async function readModuleForm(folder: string): Promise<ModuleForm> {
  const file = await readFormFile(folder, {
    name: FILE,
    schema: fileSchema,
    tells: 'how a rectification module was trained to be asked',
  });
  return { states: file !== undefined, describes: file?.describes ?? false };
}
