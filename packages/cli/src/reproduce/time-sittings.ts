import { parseJson, readTextIfThere, writeAtomic } from '@fgam/data';
import { z } from 'zod';
import { badScores } from '../bench-tasks/bad-scores.js';

const kept = z.object({ seconds: z.number().min(0) });

/** What a work gave, and whole seconds that it took. */
export interface Timed<Result> {
  readonly result: Result;
  /** Seconds of this sitting. */
  readonly sitting: number;
  /** Seconds of all sittings. */
  readonly seconds: number;
}

/**
 * Runs a work that goes on where it was stopped, and adds its time to that of sittings before, which a file
 * keeps. A sitting that an error or a signal ends counts; one whose process was killed does not.
 *
 * @param clock - milliseconds; default `performance.now`
 * @throws FgamError `fgam/bad-scores` where the file is of another form; `data/bad-json`; what the work throws
 */
export async function timeSittings<Result>(
  file: string,
  work: () => Promise<Result>,
  clock = () => performance.now(),
): Promise<Timed<Result>> {
  const before = await secondsBefore(file);
  const begun = clock();
  let sitting = 0;
  let result: Result;
  try {
    result = await work();
  } finally {
    sitting = Math.round((clock() - begun) / 1000);
    await writeAtomic(file, `${JSON.stringify({ seconds: before + sitting })}\n`);
  }
  return { result, sitting, seconds: before + sitting };
}

async function secondsBefore(file: string): Promise<number> {
  const text = await readTextIfThere(file);
  if (text === undefined) return 0;
  const { success, data } = kept.safeParse(parseJson(text, file));
  if (success) return data.seconds;
  throw badScores(`${file}: expected {"seconds": 0 or more}, got ${text.trim()}; repair or delete it`);
}
