import { labelError } from '../error.js';

/** transformers.js, as it is imported. */
export type Transformers = typeof import('@huggingface/transformers');

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
    const said = cause instanceof Error ? cause.message : String(cause);
    throw labelError(
      'label/missing-package',
      `${fn}: expected the package @huggingface/transformers, got: ${said}; run "npm install @huggingface/transformers@4.3.1"`,
      { cause },
    );
  }
}
