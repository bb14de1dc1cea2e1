import { amberErrors, chairErrors, type ErrorTaxonomy, errorTaxonomy, sceneErrors } from '@fgam/bench';
import { readResponses } from '../human-eval/read-responses.js';
import { readSceneData } from '../scene-data.js';

/** What tells errors apart: scenes' own truth, or the annotation of CHAIR or AMBER. */
export const ERROR_SOURCES = ['scenes', 'chair', 'amber'] as const;

/** What tells errors apart. */
export type ErrorSource = (typeof ERROR_SOURCES)[number];

/** What {@link compareErrors} takes. */
export interface CompareErrorsOptions {
  readonly source: ErrorSource;
  /** The annotation's files or folders; of scenes the folder. */
  readonly truth: readonly string[];
  readonly predictions: readonly string[];
  readonly against: readonly string[];
  readonly names: { readonly base: string; readonly full: string };
  readonly allowMissing: boolean;
  readonly seed: number;
}

/** Errors of two systems by the paper's types, on the same images. */
export async function compareErrors(options: CompareErrorsOptions): Promise<ErrorTaxonomy> {
  const { source, truth, predictions, against, names, allowMissing, seed } = options;
  const scenes = source === 'scenes' ? await Promise.all(truth.map(readSceneData)) : [];
  const claimsOf = async (files: readonly string[]) => {
    if (source === 'chair') return chairErrors({ truth, predictions: files, allowMissing });
    if (source === 'amber') return amberErrors({ truth, predictions: files, allowMissing });
    const responses = await Promise.all(files.map(readResponses));
    return sceneErrors({
      questions: scenes.flatMap(({ questions }) => questions),
      samples: scenes.flatMap(({ samples }) => samples),
      predictions: responses.flat(),
      allowMissing,
    });
  };
  return errorTaxonomy({
    ...{ source, seed },
    base: { name: names.base, claims: await claimsOf(against) },
    full: { name: names.full, claims: await claimsOf(predictions) },
  });
}
