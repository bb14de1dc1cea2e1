import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FgamError, type Trajectory } from '@fgam/data';
import { isAcceptance, isBlank } from '@fgam/rectifier';
import type { PreferencePair } from '@fgam/trainer';
import { say } from '../output.js';
import type { DpoConfig } from './dpo-config.js';
import { readAlone } from './read-alone.js';

/** A pair by the id of its trajectory. */
export type TrajectoryPair = PreferencePair & { readonly id: string };

/** Why a trajectory gives no pair. */
type Reason =
  | 'accepted at first'
  | 'not accepted in the end'
  | 'accepted as it was refused'
  | 'accepted without an answer';

/**
 * Pairs of a trajectory's accepted final response, where that is not blank, and its first refused one. How many there
 * are is said, and of the trajectories without a pair how many and why.
 *
 * @throws FgamError `data/empty` where none gives a pair; `fgam/bad-config` where images are not there; as `readAlone`
 */
export async function readPreferencePairs(
  { data, images }: Pick<DpoConfig, 'data' | 'images'>,
  format: (question: string) => string,
): Promise<TrajectoryPair[]> {
  const trajectories = await readAlone(data);
  const counts = new Map<Reason, number>();
  const paths = new Set<string>();
  const pairs = trajectories.flatMap((trajectory): TrajectoryPair[] => {
    const found = responsesOf(trajectory);
    if (typeof found === 'string') {
      counts.set(found, (counts.get(found) ?? 0) + 1);
      return [];
    }
    const { id, image, question } = trajectory;
    paths.add(image);
    return [{ id, image: resolve(images, image), prompt: format(question), ...found }];
  });
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
  if (pairs.length === 0)
    throw new FgamError(
      'data/empty',
      `${data}: expected trajectories that were refused and then accepted, got none${reasons === '' ? '' : ` (${reasons})`}; make some with fgam data trajectories, or by fgam bench run scenes --critic`,
    );
  const without = trajectories.length - pairs.length;
  say(
    `${pairs.length} pairs of an accepted and a refused response` +
      (without === 0 ? '' : `; ${without} of ${trajectories.length} trajectories give none: ${reasons}`),
  );
  checkImages([...paths], { data, images });
  return pairs;
}

function responsesOf({
  attempts,
  final,
  stop,
}: Trajectory): Pick<PreferencePair, 'chosen' | 'rejected'> | Reason {
  if (stop !== 'accepted') return 'not accepted in the end';
  if (isBlank(final)) return 'accepted without an answer';
  const refused = attempts.filter(({ feedback }) => feedback !== undefined && !isAcceptance(feedback));
  const [rejected] = refused;
  if (rejected === undefined) return 'accepted at first';
  const last = attempts.findLast(({ response }) => response === final);
  return last !== undefined && refused.includes(last)
    ? 'accepted as it was refused'
    : { chosen: final, rejected: rejected.response };
}

/** Refuses paths that lead nowhere before a model is trained. */
function checkImages(paths: readonly string[], { data, images }: Pick<DpoConfig, 'data' | 'images'>): void {
  const missing = paths.filter((path) => !existsSync(resolve(images, path)));
  if (missing.length === 0) return;
  const own = images === dirname(data) ? ", the file's own folder" : '';
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `images: expected the images of ${data} relative to ${images}${own}, found ${missing.length} of ${paths.length} not there, the first ${missing[0]}; ` +
      'set images in the config to what they are relative to: fgam data trajectories names it, those of fgam bench run scenes are relative to the folder that it ran in',
  );
}
