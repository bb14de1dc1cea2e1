import { join } from 'node:path';
import { FgamError, parseJson, readTextIfThere, writeAtomic } from '@fgam/data';
import { z } from 'zod';
import { listFaults } from '../train/list-faults.js';
import { weightsSha256 } from '../weights-sha256.js';

const share = z.number().min(0).max(1);
const calibrationSchema = z.strictObject({
  /** Similarity above which the grounded critic takes an object to be there. */
  existence: z.number().optional(),
  /** Confidence below which a refusal falls, by the form of the question; a form that is not there refuses nothing. */
  refusals: z.record(z.string(), share),
});
const fileSchema = z.strictObject({
  format: z.literal('fgam-calibration'),
  version: z.literal(1),
  /** Of the answering model's weights: those of another model have no thresholds here. */
  model: z.string(),
  /** By critic: `grounded`, or the SHA-256 of a rectification module's weights (`weightsSha256`). */
  critics: z.record(z.string(), calibrationSchema),
});

/** Where a critic's lines were drawn for one answering model, on validation scenes. */
export type Calibration = z.infer<typeof calibrationSchema>;

const FILE = 'calibration.json';

/** Writes the calibrations of critics for a model beside its weights. */
export async function writeCalibrations(
  folder: string,
  critics: Readonly<Record<string, Calibration>>,
): Promise<void> {
  const content = {
    format: 'fgam-calibration',
    version: 1,
    model: await weightsSha256(folder),
    critics,
  } satisfies z.infer<typeof fileSchema>;
  await writeAtomic(join(folder, FILE), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * A critic's calibration for the model of a folder; undefined where there is none, or only one of other weights.
 *
 * @throws FgamError `fgam/bad-file` for a file of another form; `data/bad-json`
 */
export async function readCalibration(folder: string, critic: string): Promise<Calibration | undefined> {
  const path = join(folder, FILE);
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const parsed = fileSchema.safeParse(parseJson(text, path));
  if (!parsed.success) {
    const faults = listFaults(parsed.error).join('; ');
    throw new FgamError<'fgam/bad-file'>(
      'fgam/bad-file',
      `${path}: expected thresholds of critics, got ${faults}; remove it, or calibrate again`,
    );
  }
  const { model, critics } = parsed.data;
  return model === (await weightsSha256(folder)) ? critics[critic] : undefined;
}
