import type { ScoreInput } from '../tasks/benchmark-task.js';
import { readChairRows } from '../tasks/chair/chair-rows.js';
import type { ErrorClaims } from './error-claims.js';

/**
 * False objects in captions by CHAIR's annotation: each class of COCO that a caption names is a claim, false
 * where the image has it not. The annotation knows objects alone: there are no other types. A caption that is
 * there twice counts as one false claim.
 *
 * Source: Rohrbach et al. 2018, arXiv:1809.02156; words by this package's dialect `fgam-words` of `chair`.
 *
 * @param input - truth and captions as the task `chair` takes them
 * @throws FgamError `bench/bad-truth`, `bench/bad-predictions`
 */
export async function chairErrors(input: ScoreInput): Promise<ErrorClaims[]> {
  const { rows } = await readChairRows(input);
  return rows.map(({ id, there, named }) => ({
    ...{ type: 'object', part: 'captions', image: id },
    claims: named?.length ?? 1,
    errors: named?.filter((name) => !there.has(name)).length ?? 1,
  }));
}
