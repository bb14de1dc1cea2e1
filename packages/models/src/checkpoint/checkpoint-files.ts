import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { modelsError } from '../error.js';
import { parseJson } from './read-json-file.js';

/** Files of a checkpoint besides its weights: read where they are, written back as they were. */
const NAMES: ReadonlySet<string> = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'preprocessor_config.json',
  'processor_config.json',
  'chat_template.jinja',
  'chat_template.json',
]);

/** The small files of a checkpoint, by name. */
export type CheckpointFiles = ReadonlyMap<string, Uint8Array>;

/** Where InstructBLIP's second tokenizer is. */
export const INSTRUCTION_TOKENIZER = 'qformer_tokenizer';

/** Reads the small files of a folder, those that are there, and of the second tokenizer below it. */
export async function readCheckpointFiles(folder: string): Promise<CheckpointFiles> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const hasSecond = entries.some((entry) => entry.isDirectory() && entry.name === INSTRUCTION_TOKENIZER);
  const second = hasSecond ? await readdir(join(folder, INSTRUCTION_TOKENIZER)) : [];
  const all = [
    ...names.filter((name) => NAMES.has(name)).sort(),
    ...second
      .filter((name) => NAMES.has(name))
      .sort()
      .map((name) => `${INSTRUCTION_TOKENIZER}/${name}`),
  ];
  return new Map(
    await Promise.all(
      all.map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const),
    ),
  );
}

/** The text of one of them. */
export function textOf(files: CheckpointFiles, name: string): string | undefined {
  const bytes = files.get(name);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/**
 * The object in one of them; undefined where it is not there.
 * @throws FgamError `models/bad-config` where it holds no object
 */
export function objectIn(
  files: CheckpointFiles,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const text = textOf(files, name);
  if (text === undefined) return undefined;
  const value = parseJson('loadPretrained', name, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw modelsError(
    'models/bad-config',
    `loadPretrained: expected an object in ${name}, got ${typeof value}`,
  );
}

/**
 * The template of `chat_template.jinja`, of `chat_template.json`, of the processor's or of the tokenizer's config; of
 * several the one named `default`.
 *
 * @throws FgamError `models/bad-checkpoint` where it is none
 */
export function chatTemplateText(
  files: CheckpointFiles,
  tokenizerConfig: Readonly<Record<string, unknown>>,
): string | undefined {
  const text =
    textOf(files, 'chat_template.jinja') ??
    objectIn(files, 'chat_template.json')?.['chat_template'] ??
    objectIn(files, 'processor_config.json')?.['chat_template'] ??
    tokenizerConfig['chat_template'];
  if (text === undefined || text === null || typeof text === 'string') return text ?? undefined;
  const named = Array.isArray(text) ? (text as readonly unknown[]).filter(isNamedTemplate) : [];
  const found = named.find(({ name }) => name === 'default');
  if (found !== undefined) return found.template;
  throw modelsError(
    'models/bad-checkpoint',
    `chat_template: expected a text, or a list with one named default, got ${named.map(({ name }) => name).join(', ') || typeof text}; name the one to take default`,
  );
}

function isNamedTemplate(value: unknown): value is { readonly name: string; readonly template: string } {
  if (typeof value !== 'object' || value === null || !('name' in value && 'template' in value)) return false;
  return typeof value.name === 'string' && typeof value.template === 'string';
}
