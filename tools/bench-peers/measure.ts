import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { type Job, writeJob } from './job.js';
import { type Contender, type PeerName, startContender } from './peers.js';
import type { WorkerProcess } from './worker-process.js';

/** Losses of three steps (or a log-probability) may differ by this much of their size. */
const TOLERANCE = 1e-3;
/** Lets the threads of the last turn go to sleep, so that they take nothing from the next. */
const PAUSE = 30;

/** How to measure. */
export interface MeasureOptions {
  /** Peers that can take part. */
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly threads: number;
}

/** One contender's figures. */
export interface Figure {
  /** Median. */
  readonly ms: number;
  /** Peer's time over ours. */
  readonly ratio: number;
  readonly peakMiB: number;
  readonly version: string;
}

/** A program's figures. */
export interface Measured {
  readonly figures: ReadonlyMap<Contender, Figure>;
  /** Peers that could not run the program, with the reason. */
  readonly absent: Readonly<Partial<Record<PeerName, string>>>;
}

/**
 * Runs one job on us and on all peers, a process each: first the numbers are compared, then the contenders
 * take turns, so that whatever else the machine does hits all alike. Only one runs at a time.
 *
 * @throws Error when a peer's numbers are not ours
 */
export async function measure(job: Job, options: MeasureOptions): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-peers-'));
  const workers = new Map<Contender, WorkerProcess>();
  const absent: Partial<Record<PeerName, string>> = {};
  try {
    await writeJob(folder, job);
    let expected: readonly number[] = [];
    for (const name of ['captured', ...options.peers] as const) {
      try {
        const worker = await startContender(name, folder, options.threads);
        workers.set(name, worker);
        const { values = [] } = await worker.ask('check');
        process.stderr.write(
          `${job.program}: ${name}: ${values.map((value) => value.toFixed(5)).join(' ')}\n`,
        );
        if (name === 'captured') expected = values;
        else compare(job.program, name, values, expected);
      } catch (error) {
        if (name === 'captured' || error instanceof Disagreement) throw error;
        // A peer that lacks an operation or a compiler is part of the answer.
        absent[name] = error instanceof Error ? error.message : String(error);
        await workers.get(name)?.close();
        workers.delete(name);
      }
    }
    const times = await takeTurns(workers, options.rounds);
    const figures = new Map<Contender, Figure>();
    const ours = median(times.get('captured') ?? []);
    for (const [name, worker] of workers) {
      const ms = median(times.get(name) ?? []);
      const { peakMiB = Number.NaN } = await worker.ask('memory');
      figures.set(name, { ms, ratio: ms / ours, peakMiB, version: worker.version });
    }
    return { figures, absent };
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.close()));
    await rm(folder, { recursive: true });
  }
}

/** Milliseconds of each contender's turns; the one that begins changes from round to round. */
async function takeTurns(
  workers: ReadonlyMap<Contender, WorkerProcess>,
  rounds: number,
): Promise<ReadonlyMap<Contender, readonly number[]>> {
  const all = [...workers];
  const times = new Map(all.map(([name]): [Contender, number[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % all.length;
    for (const [name, worker] of [...all.slice(first), ...all.slice(0, first)]) {
      // Once around is enough of what takes a minute.
      if (name === 'tfjsWasm' && round > 0) continue;
      await setTimeout(PAUSE);
      const { ms = Number.NaN } = await worker.ask('run');
      times.get(name)?.push(ms);
    }
  }
  return times;
}

class Disagreement extends Error {}

function compare(
  program: string,
  peer: PeerName,
  values: readonly number[],
  expected: readonly number[],
): void {
  const agrees =
    values.length === expected.length &&
    values.every((value, i) => {
      const own = expected[i] ?? Number.NaN;
      return Math.abs(value - own) <= TOLERANCE * Math.abs(own);
    });
  if (agrees) return;
  throw new Disagreement(
    `${program}: expected ${peer} to give ${expected.join(', ')} as the captured program does, got ${values.join(', ')}`,
  );
}
