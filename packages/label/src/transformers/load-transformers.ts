import type * as transformers from '@huggingface/transformers';
import { labelError } from '../error.js';
import { messageOf } from '../message-of.js';

/** transformers.js, as it is imported. */
export type Transformers = typeof transformers;

/**
 * Imports `@huggingface/transformers`, an optional peer of this package, when it is needed first.
 *
 * @param fn - what needs it, named in the error
 * @throws FgamError `label/missing-package` where it is not installed or can't be loaded
 */
export async function loadTransformers(
  fn: string,
  load: () => Promise<Transformers> = () => import('@huggingface/transformers'),
): Promise<Transformers> {
  try {
    return await load();
  } catch (cause) {
    throw labelError(
      'label/missing-package',
      `${fn}: expected the package @huggingface/transformers, got: ${messageOf(cause)}; run "npm install @huggingface/transformers@4.3.1"`,
      { cause },
    );
  }
}
