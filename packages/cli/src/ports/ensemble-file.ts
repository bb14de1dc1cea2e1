import { dirname, join, relative, resolve } from 'node:path';
import { FgamError, readJson, writeAtomic } from '@fgam/data';
import { z } from 'zod';
import { listFaults } from '../train/list-faults.js';
import { isShippedName } from '../train/model-names.js';
import { LLM, type NamedCritic } from './critic-options.js';
import { GROUNDED } from './open-critic.js';
import { TEXT } from './open-module.js';

const share = z.number().min(0).max(1);
const fileSchema = z.strictObject({
  format: z.literal('fgam-ensemble'),
  version: z.literal(2),
  /** The answering model whose answers it was found on, by its name and by what it is (`modelIdentity`). */
  model: z.string(),
  identity: z.string(),
  /** Folders of modules are relative to the file. */
  critics: z.array(z.strictObject({ name: z.string().min(1), weight: z.number().positive() })).min(1),
  /** Scores from it on are accepted. */
  threshold: share,
  examples: z.int().positive(),
  balancedAccuracy: share,
  /** Expected calibration error, and Brier score. */
  calibrationError: share,
  brier: share,
});

/** What `fgam rectify calibrate` found: critics, their weights, and from which score on they accept. */
export type EnsembleFile = z.infer<typeof fileSchema>;

/** Writes it, with folders of modules as they lie from there. */
export async function writeEnsembleFile(
  path: string,
  content: Omit<EnsembleFile, 'format' | 'version'>,
): Promise<void> {
  const critics = placed(
    content.critics,
    (folder) => relative(dirname(resolve(path)), resolve(folder)) || '.',
  );
  const file = { format: 'fgam-ensemble', version: 2, ...content, critics } satisfies EnsembleFile;
  await writeAtomic(path, `${JSON.stringify(file, null, 2)}\n`);
}

/**
 * Reads such a file, with folders of modules as they lie from here.
 *
 * @throws FgamError `fgam/bad-file` naming every fault; `data/missing-file`, `data/bad-json`
 */
export async function readEnsembleFile(path: string): Promise<EnsembleFile> {
  const parsed = fileSchema.safeParse(await readJson(path));
  if (parsed.success)
    return { ...parsed.data, critics: placed(parsed.data.critics, (folder) => join(dirname(path), folder)) };
  const faults = listFaults(parsed.error).join('; ');
  throw new FgamError<'fgam/bad-file'>(
    'fgam/bad-file',
    `${path}: expected a file of "fgam rectify calibrate", got ${faults}; calibrate again`,
  );
}

/** Critics whose modules' folders lie elsewhere; those that are no folders keep their names. */
function placed(critics: readonly NamedCritic[], at: (folder: string) => string): NamedCritic[] {
  return critics.map(({ name, weight }) => {
    const front = name.startsWith(TEXT) ? TEXT : '';
    const folder = name.slice(front.length);
    const isName = folder === GROUNDED || folder === LLM || isShippedName(folder);
    return { name: isName ? name : `${front}${at(folder)}`, weight };
  });
}
