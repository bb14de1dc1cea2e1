import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  createRatingStore,
  createStudy,
  openRatingStore,
  type RatingStore,
  type ServedStudy,
  serveStudy,
  type StoredCorrection,
} from '@fgam/bench/human-eval';
import { FgamError, makeFolder, readTextIfThere, type Trajectory, writeAtomic } from '@fgam/data';
import { formatTrajectories } from '@fgam/rectifier';
import { correctionTrajectories } from './correction-trajectories.js';
import { readResponses } from './read-responses.js';
import { readStudyQuestions, type StudySource } from './read-study-questions.js';

/** Options of {@link serveHumanEval}. */
export interface ServeHumanEvalOptions extends StudySource {
  readonly store: string;
  /** Files by the system's name. */
  readonly responses?: ReadonlyMap<string, string>;
  readonly raters?: readonly string[];
  readonly author?: boolean;
  readonly items?: number;
  readonly seed: number;
  readonly host: string;
  readonly port: number;
  /** Default `trajectories.jsonl` beside the store. */
  readonly trajectories?: string;
}

/** A study that is being served, with what it was made of. */
export interface ServedHumanEval extends ServedStudy {
  readonly store: RatingStore;
  /** Where corrections are written. */
  readonly trajectories: string | undefined;
}

/** Makes a study, or goes on with the one in the store, and serves its page. */
export async function serveHumanEval(options: ServeHumanEvalOptions): Promise<ServedHumanEval> {
  const { host, port } = options;
  const store = await openStudy(options);
  try {
    const isAuthoring = store.study.mode === 'author';
    const trajectories = isAuthoring
      ? (options.trajectories ?? join(dirname(options.store), 'trajectories.jsonl'))
      : undefined;
    const write = trajectories === undefined ? undefined : trajectoryWriter(trajectories, store);
    const corrections = store.corrections();
    // What a killed server had stored and not yet written.
    if (corrections.length > 0) await write?.(corrections);
    else if (trajectories !== undefined) await refuseOthers(trajectories, []);
    const served = await serveStudy({ store, host, port, ...(write ? { onCorrection: write } : {}) });
    return {
      ...served,
      store,
      trajectories,
      close: async () => {
        await served.close();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

async function openStudy(options: ServeHumanEvalOptions): Promise<RatingStore> {
  const { store: path, responses, raters, author = false, items, seed } = options;
  const isNamed = [responses, raters, options.data, options.questions, options.images].some(Boolean);
  if (existsSync(path) && !isNamed) {
    const known = openRatingStore(path);
    const { mode, items: own } = known.study;
    if ((!author || mode === 'author') && (items === undefined || items === own.length)) return known;
    known.close();
    throw otherStudy(path);
  }
  const answers = new Map<string, Awaited<ReturnType<typeof readResponses>>>();
  for (const [name, file] of responses ?? []) answers.set(name, await readResponses(file));
  const study = createStudy({
    mode: author ? 'author' : 'rate',
    questions: await readStudyQuestions(options),
    responses: answers,
    raters: raters ?? [],
    seed,
    ...(items === undefined ? {} : { count: items }),
  });
  if (!existsSync(path)) {
    await makeFolder(dirname(path));
    return createRatingStore(path, study);
  }
  const known = openRatingStore(path);
  if (isDeepStrictEqual(known.study, study)) return known;
  known.close();
  throw otherStudy(path);
}

function otherStudy(path: string): FgamError<'fgam/other-study'> {
  return new FgamError(
    'fgam/other-study',
    `${path}: expected the study that was begun there, got another (its mode, questions, responses, raters or seed differ); ` +
      'go on with --store alone, or name another file',
  );
}

/** Refuses a file that holds trajectories of anything but a study's own items, those with a correction. */
async function refuseOthers(path: string, own: readonly Trajectory[]): Promise<void> {
  const text = (await readTextIfThere(path)) ?? '';
  const items = new Set(own.map(itemOf));
  const isOwn = text.split('\n').every((line) => line.trim() === '' || items.has(itemOf(parsed(line))));
  if (isOwn) return;
  throw new FgamError<'fgam/bad-file'>(
    'fgam/bad-file',
    `${path}: expected no file where corrections are to be written, got one that they are not in; name another by --trajectories`,
  );
}

function itemOf({ image, question }: Partial<Trajectory>): string {
  return JSON.stringify([image, question]);
}

function parsed(line: string): Partial<Trajectory> {
  try {
    return (JSON.parse(line) as Partial<Trajectory> | null) ?? {};
  } catch {
    return {};
  }
}

/** Writes all corrections as trajectories; calls that meet are written one after the other. */
function trajectoryWriter(
  path: string,
  { study }: RatingStore,
): (all: readonly StoredCorrection[]) => Promise<void> {
  let last = Promise.resolve();
  let isOwn = false;
  return (all) => {
    const written = last.then(async () => {
      const trajectories = correctionTrajectories(study, all);
      if (!isOwn) await refuseOthers(path, trajectories);
      isOwn = true;
      await writeAtomic(path, formatTrajectories(trajectories));
    });
    // One write that fails is its caller's to tell; the next one is of all again.
    last = written.catch(() => undefined);
    return written;
  };
}
