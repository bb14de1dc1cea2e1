import type { CallOptions, Detection, Detector } from '@fgam/data';
import { rectifierError } from '../error.js';

/**
 * What a detector finds in each of some images.
 *
 * @param who - asks, for the error
 * @throws FgamError `rectifier/bad-port` for another number of results: what was not looked for would be taken
 * for what is not there
 */
export async function detectEach(
  who: string,
  detector: Detector,
  requests: Parameters<Detector['detect']>[0],
  call?: CallOptions,
): Promise<readonly (readonly Detection[])[]> {
  const found = await detector.detect(requests, call);
  if (found.length === requests.length) return found;
  throw rectifierError(
    'rectifier/bad-port',
    `${who}: expected ${requests.length} results of ${JSON.stringify(detector.name)}, got ${found.length}; mend the detector`,
  );
}
