import { fileURLToPath } from 'node:url';

/** The folder of the tiny CLIP: `tools/make-tiny-clip.py` says what it knows. */
export const TINY_CLIP = fileURLToPath(new URL('../../test-fixtures/tiny-clip', import.meta.url));
