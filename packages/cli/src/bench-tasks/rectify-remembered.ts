import { appendFile } from 'node:fs/promises';
import { readTextIfThere, type Trajectory, writeAtomic } from '@fgam/data';
import { readTrajectories, rectify, type RectifyOptions } from '@fgam/rectifier';

/** Requests with a first response that is there already, under ids of their own. */
type RememberedRequest = RectifyOptions['requests'][number] & {
  readonly image: string;
  readonly response: string;
};

/**
 * Runs the loop as `rectify` does and appends each trajectory to a file as it ends: a run that was killed
 * takes those that are there for the same image, question and first response, and neither model nor critic
 * is asked for them again.
 *
 * @param file - JSON Lines of trajectories by one model, critic and number of rounds; undefined to remember nothing
 */
export async function rectifyRemembered(
  file: string | undefined,
  options: Omit<RectifyOptions, 'requests'> & { readonly requests: readonly RememberedRequest[] },
): Promise<Trajectory[]> {
  if (file === undefined) return rectify(options);
  const known = new Map((await readFinished(file)).map((trajectory) => [trajectory.id, trajectory]));
  const isKnown = ({ id, image, question, response }: RememberedRequest): boolean => {
    const before = known.get(id);
    return (
      before?.image === image && before.question === question && before.attempts[0]?.response === response
    );
  };
  const { requests, onEvent } = options;
  let writing = Promise.resolve();
  for (const request of requests.filter(isKnown)) {
    const trajectory = known.get(request.id);
    if (trajectory === undefined) continue;
    const { id, final, stop, attempts } = trajectory;
    onEvent?.({ type: 'stop', id, round: attempts.length - 1, stop, final, trajectory });
  }
  try {
    const fresh = await rectify({
      ...options,
      requests: requests.filter((request) => !isKnown(request)),
      onEvent: (event) => {
        if (event.type === 'stop')
          writing = writing.then(() => appendFile(file, `${JSON.stringify(event.trajectory)}\n`));
        onEvent?.(event);
      },
    });
    const all = new Map([...known, ...fresh.map((trajectory) => [trajectory.id, trajectory] as const)]);
    return requests.flatMap(({ id }) => all.get(id) ?? []);
  } finally {
    await writing;
  }
}

/** Trajectories that are there; a last line that a killed process left unfinished is cut off. */
async function readFinished(file: string): Promise<readonly Trajectory[]> {
  const text = await readTextIfThere(file);
  if (text === undefined) return [];
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) await writeAtomic(file, whole);
  return whole === '' ? [] : readTrajectories(file);
}
