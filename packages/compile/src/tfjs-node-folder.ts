import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** tfjs's two packages on TensorFlow. */
export type TfjsNodeBackend = 'tfjs-node' | 'tfjs-node-gpu';

/**
 * The folder that `npm run setup:tfjs-node` builds a backend in: under `FGAM_TFJS_NODE`, or else under
 * `.cache/tfjs-node` beside the folder that holds this package.
 */
export function tfjsNodeFolder(backend: TfjsNodeBackend): string {
  const root =
    process.env['FGAM_TFJS_NODE'] ?? fileURLToPath(new URL('../../../.cache/tfjs-node', import.meta.url));
  return join(root, backend === 'tfjs-node' ? 'cpu' : 'gpu');
}
