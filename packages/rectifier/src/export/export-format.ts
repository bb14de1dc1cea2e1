import { rectifierError } from '../error.js';
import { type ExportedExamples, withoutLocationWords } from './exported-examples.js';
import { llamaFactoryFiles } from './llama-factory-files.js';
import { llavaFiles } from './llava-files.js';
import { trlFiles } from './trl-files.js';

/** Engines that training data is written for. */
export const EXPORT_FORMATS = ['llava', 'llama-factory', 'trl'] as const;

/** An engine that training data is written for. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How training data is written. */
export interface ExportFileOptions {
  readonly format: ExportFormat;
  /** What the files' names and the data set's begin with. Default `fgam`. */
  readonly name?: string;
}

const WRITERS = {
  llava: llavaFiles,
  'llama-factory': llamaFactoryFiles,
  trl: trlFiles,
} satisfies Record<ExportFormat, unknown>;

/**
 * The files of an engine: name -> content, with our location words written as LLaVA's boxes.
 *
 * @param fn - whose records they are, for errors
 * @param records - what was given, each with an id of its own and an image
 * @throws FgamError `rectifier/bad-trajectory` where there is none, two have one id, or one has no image;
 * `rectifier/bad-config` for a name that is no plain file name
 */
export function engineFiles(
  fn: string,
  records: readonly { readonly id: string; readonly image: string }[],
  examples: () => ExportedExamples,
  { format, name = 'fgam' }: ExportFileOptions,
): Readonly<Record<string, string>> {
  const bad = (text: string) => rectifierError('rectifier/bad-trajectory', `${fn}: ${text}`);
  const seen = new Set<string>();
  const repeated = records.find(({ id }) => seen.has(id) || !seen.add(id))?.id;
  if (records.length === 0 || repeated !== undefined)
    throw bad(
      `expected records with an id each, got ${repeated === undefined ? 'none' : `${repeated} twice`}`,
    );
  const blind = records.find(({ image }) => image === '');
  if (blind !== undefined) throw bad(`expected an image in each record, got none in ${blind.id}`);
  if (!/^[\w-][\w.-]*$/.test(name))
    throw rectifierError(
      'rectifier/bad-config',
      `${fn}: expected a name of letters, digits, - and _, got ${JSON.stringify(name)}`,
    );
  return WRITERS[format](withoutLocationWords(examples()), name);
}
