import { join } from 'node:path';
import { BASE_MODEL_FOLDER } from '@fgam/base-compact';
import { type Report, writeReport } from '@fgam/bench';
import { defaultThreads } from '@fgam/compile';
import { FgamError, sceneWords } from '@fgam/data';
import { countParameters, type FgamModel, loadModel } from '@fgam/models';
import { unknownWarning, unknownWords } from '../train/unknown-words.js';
import { weightsSha256 } from '../weights-sha256.js';
import { buildReport } from './build-report.js';
import { type EvaluatedRow, evaluateVariants } from './evaluate-variants.js';
import type { QuickstartScale } from './scale.js';
import { saveCalibrations } from './save-calibrations.js';
import { prepareScenes } from './scenes.js';
import { trainVariants } from './train-variants.js';
import { ALIGNMENTS, type Variant, VARIANTS } from './variants.js';

/** What `runQuickstart` takes. */
export interface QuickstartOptions {
  readonly out: string;
  readonly scale: QuickstartScale;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Rows of the table. Default: the paper's four. */
  readonly variants?: readonly Variant[];
  /** Folder of the base checkpoint. Default: the one that is shipped. */
  readonly base?: string;
}

/** What a run came to. */
export interface QuickstartResult {
  readonly report: Report;
  readonly files: { readonly json: string; readonly html: string };
}

/**
 * The whole pipeline on embedded scenes: data, both stages of training, rectification, evaluation, report.
 * Every piece is kept in `out`, so that a run that was stopped goes on.
 *
 * @throws FgamError `fgam/interrupted` when the signal ends it; `fgam/bad-config` for a base that does not
 * know the words of scenes
 */
export async function runQuickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { out, scale, seed, signal, base: folder = BASE_MODEL_FOLDER, variants = VARIANTS } = options;
  const started = performance.now();
  const base = await loadModel(folder);
  refuseOtherVocabulary(base, folder);
  const scenes = await prepareScenes(join(out, 'scenes'), scale, seed, signal);
  const trained = await trainVariants({ base, variants, scenes, scale, seed, out, signal });
  const rows = await evaluateVariants(trained, { scenes, scale, seed, out, signal });
  await saveCalibrations(rows);
  const steps = scale.steps.alignment + scale.steps.instruction;
  const report = await buildReport({
    rows,
    test: scenes.test,
    steps,
    generatedAt: new Date().toISOString(),
    resamples: scale.resamples,
    provenance: {
      scale: scale.name,
      seed,
      runs: 1,
      'training scenes': scale.scenes.train,
      'test scenes': scale.scenes.test,
      'test questions': scenes.test.questions.length,
      'steps of alignment, instruction, critic': Object.values(scale.steps).join(', '),
      'images a step': scale.batchSize,
      parameters: countParameters(base.weights),
      'base checkpoint SHA-256': await weightsSha256(folder),
      'weights without stage 1': JSON.stringify(ALIGNMENTS.alignment),
      'weights of stage 1': JSON.stringify(ALIGNMENTS['stage 1']),
      ...(variants.some(({ alignment }) => alignment === 'HACL')
        ? { 'weights of HACL': JSON.stringify(ALIGNMENTS.HACL) }
        : {}),
      ...criticSettings(rows),
      threads: defaultThreads(),
      node: process.versions.node,
      'seconds (this sitting)': Math.round((performance.now() - started) / 1000),
    },
  });
  return { report, files: await writeReport(out, report) };
}

/** Where the critics' lines were drawn, on the validation split: one entry a row. */
function criticSettings(rows: readonly EvaluatedRow[]): Record<string, string> {
  return Object.fromEntries(
    rows.flatMap(({ name, loop }) => {
      const settings = Object.entries(loop.settings);
      const text = settings.map(([setting, value]) => `${setting} ${Number(value.toFixed(3))}`).join(', ');
      return settings.length === 0 ? [] : [[`critic of ${name}`, text]];
    }),
  );
}

/** A model that does not know the words of scenes would be scored on <unk>. */
function refuseOtherVocabulary({ tokenizer }: FgamModel, folder: string): void {
  const unknown = unknownWarning('words of scenes', unknownWords(tokenizer, sceneWords()));
  if (unknown === undefined) return;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `${folder}: expected a model that knows the words of scenes; ${unknown}`,
  );
}
