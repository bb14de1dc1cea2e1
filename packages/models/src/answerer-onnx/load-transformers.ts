import type * as transformers from '@huggingface/transformers';
import { modelsError } from '../error.js';

/** transformers.js, as it is imported. */
export type Transformers = typeof transformers;

/**
 * Imports `@huggingface/transformers`, an optional peer of this package, when it is needed first.
 *
 * @throws FgamError `models/missing-package` where it is not installed or can't be loaded
 */
export async function loadTransformers(
  load: () => Promise<Transformers> = () => import('@huggingface/transformers'),
): Promise<Transformers> {
  try {
    return await load();
  } catch (cause) {
    throw modelsError(
      'models/missing-package',
      `openOnnxAnswerer: expected the package @huggingface/transformers, got: ${messageOf(cause)}; ` +
        'run "npm install @huggingface/transformers@4.3.1"',
      { cause },
    );
  }
}

/** What an error of another library says. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
