import { join } from 'node:path';
import { writeAtomic } from '@fgam/data';
import { EVIDENCE_PROMPT } from '@fgam/rectifier';
import { z } from 'zod';
import { readFormFile } from './form-file.js';

const fileSchema = z.strictObject({
  format: z.literal('fgam-evidence'),
  version: z.literal(1),
  prompt: z.literal(EVIDENCE_PROMPT.name),
  /** Objects and relations at most. */
  objects: z.int().positive().exactOptional(),
  relations: z.int().min(0).exactOptional(),
  /** Whether it was what has to do with the question and the response. */
  about: z.boolean().exactOptional(),
  /** Whether it was to say what is true whatever the response is. */
  states: z.boolean().exactOptional(),
  /** False where it was trained on short answers alone. */
  captions: z.literal(false).exactOptional(),
  /** From when on an object was taken to be there. */
  threshold: z.number().min(0).max(1).exactOptional(),
  /** SHA-256 of the weights whose evidence the module was trained on; none: annotations. */
  grounding: z.string().exactOptional(),
});

/** How a module that reads evidence in words was trained to have it. */
export type EvidenceFile = z.infer<typeof fileSchema>;

const FILE = 'evidence.json';

/** Writes it beside the module's weights; what else training on evidence goes by stays out. */
export async function writeEvidenceFile(
  folder: string,
  form: Omit<EvidenceFile, 'format' | 'version' | 'prompt'>,
): Promise<void> {
  const content = z.object(fileSchema.shape).parse({
    ...{ format: 'fgam-evidence', version: 1, prompt: EVIDENCE_PROMPT.name },
    ...form,
  });
  await writeAtomic(join(folder, FILE), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * Reads it; undefined for a module that reads images.
 * @throws FgamError as {@link readFormFile}
 */
export function readEvidenceFile(folder: string): Promise<EvidenceFile | undefined> {
  return readFormFile(folder, {
    name: FILE,
    schema: fileSchema,
    tells: 'how a module was trained on evidence',
  });
}
