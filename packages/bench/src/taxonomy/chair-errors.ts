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
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { chairErrors } from '@fgam/bench';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'chair-'));
 * const truth = {
 *   images: [{ id: 1, file_name: '1.jpg' }],
 *   categories: [{ id: 1, name: 'person' }, { id: 2, name: 'dog' }],
 *   annotations: [{ image_id: 1, category_id: 1 }, { image_id: 1, category_id: 2 }],
 * };
 * await writeFile(join(folder, 'instances_val.json'), JSON.stringify(truth));
 * const captions = join(folder, 'captions.json');
 * await writeFile(captions, JSON.stringify([{ image_id: 1, caption: 'A woman and a puppy eat a hot dog.' }]));
 * const [found] = await chairErrors({ truth: [folder], predictions: [captions] });
 * // A person, a dog and a hot dog, which is not there.
 * if (found?.image !== '1' || found.claims !== 3 || found.errors !== 1) throw new Error(JSON.stringify(found));
 * ```
 */
export async function chairErrors(input: ScoreInput): Promise<ErrorClaims[]> {
  const { rows } = await readChairRows(input);
  return rows.map(({ id, there, named }) => ({
    ...{ type: 'object', part: 'captions', image: id },
    claims: named?.length ?? 1,
    errors: named?.filter((name) => !there.has(name)).length ?? 1,
  }));
}
