import { type Calibration, writeCalibrations } from '../ports/calibration-file.js';
import { GROUNDING_MODEL, IMAGE_MODULE_MODEL, MODULE_MODEL } from '../train/model-names.js';
import { modelFolder } from '../train/open-model.js';
import { weightsSha256 } from '../weights-sha256.js';
import { type CriticKind, seesTruth } from './critics.js';
import type { EvaluatedRow } from './evaluate-variants.js';
import { moduleOf } from './train-variants.js';

/** Critics that are the same for every variant, by their checkpoints. */
const SHARED = new Map<CriticKind, string>([
  ['grounded', GROUNDING_MODEL],
  ['text', MODULE_MODEL],
  ['image', IMAGE_MODULE_MODEL],
]);

/**
 * Writes the thresholds of each variant's critics beside its model, where `fgam rectify` and
 * `fgam bench run` find them.
 */
export async function saveCalibrations(
  rows: readonly Pick<EvaluatedRow, 'trained' | 'loop' | 'criticKind'>[],
): Promise<void> {
  const byModel = new Map<string, Record<string, Calibration>>();
  for (const { trained, loop, criticKind } of rows) {
    if (seesTruth(criticKind)) continue;
    const shared = SHARED.get(criticKind);
    const key = await weightsSha256(shared === undefined ? moduleOf(trained).folder : modelFolder(shared));
    byModel.set(trained.folder, { ...byModel.get(trained.folder), [key]: loop.calibration });
  }
  for (const [folder, critics] of byModel) await writeCalibrations(folder, critics);
}
