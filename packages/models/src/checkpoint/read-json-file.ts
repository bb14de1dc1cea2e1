import { readFile } from 'node:fs/promises';
import { modelsError } from '../error.js';

/**
 * The value in a JSON file.
 *
 * @param where - the function that asks, for the error
 * @throws FgamError `models/missing-file`, `models/bad-config`
 */
export async function readJsonFile(where: string, path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const message = `${where}: expected a readable file ${path}; a model folder holds config.json, tokenizer.json and model.safetensors`;
    throw modelsError('models/missing-file', message, { cause });
  }
  return parseJson(where, path, text);
}

/** The value in a JSON text. @throws FgamError `models/bad-config` */
export function parseJson(where: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const message = `${where}: expected JSON in ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw modelsError('models/bad-config', message, { cause });
  }
}
