import { FgamError, readJson } from '@fgam/data';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const fileSchema = z.strictObject({
  format: z.literal('fgam-ensemble'),
  version: z.literal(1),
  /** The answering model whose answers it was found on. */
  model: z.string(),
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

/** Reads such a file. @throws FgamError `fgam/bad-file` naming every fault; `data/missing-file`, `data/bad-json` */
export async function readEnsembleFile(path: string): Promise<EnsembleFile> {
  const parsed = fileSchema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ');
  throw new FgamError<'fgam/bad-file'>(
    'fgam/bad-file',
    `${path}: expected a file of "fgam rectify calibrate", got ${faults}; calibrate again`,
  );
}
