import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { type Figure, type FigureKind, figureOf } from './figure.js';
import { figureTable } from './figure-table.js';
import { joinPasses } from './join-passes.js';
import { processorNow, startTimes, type Times } from './times.js';

/** How {@link Benchmark.time} measures. */
export interface TimeOptions {
  /** What one run works on: its time is divided by it. Default: 1. */
  readonly items?: number;
  /** What an item is called. */
  readonly per?: string;
  /**
   * Least number of runs; more follow until they took half a second of the processor, or by the clock where it
   * is the waiting that is measured (a tenth with `--quick`). Default: 5, and 3 with `--quick`.
   */
  readonly runs?: number;
  /**
   * Whether it is the waiting that is measured: what it takes by the clock is compared with earlier runs
   * then, not what it takes of the processor.
   */
  readonly waits?: boolean;
}

/** One of those that take turns in {@link Benchmark.turns}. */
export interface Contender {
  readonly run: () => Promise<unknown>;
  readonly dispose: () => Promise<unknown>;
}

/** Gathers the figures of one package's benchmark and says them. */
export interface Benchmark {
  /** Whether a short pass is asked for. */
  readonly isQuick: boolean;
  /** Values of the options that the benchmark has of its own. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /**
   * Runs `work` after a warm-up and takes its times. Where `work` gives {@link Times} (of a part of it, by
   * `startTimes`), these are the run's. How often it runs goes by the processor, unless it waits: on a busy
   * machine as often as on an idle one, and nearly as warm.
   */
  readonly time: (name: string, work: () => unknown, options?: TimeOptions) => Promise<void>;
  /** Takes values that were measured elsewhere, one a run; of times also what each took of the processor. */
  readonly add: (
    name: string,
    samples: readonly number[],
    kind: FigureKind,
    processor?: readonly number[],
  ) => void;
  /** Names a figure that can't be measured here. */
  readonly absent: (name: string, reason: string) => void;
  /**
   * Runs contenders in turns, so that whatever else the machine does hits all alike: the time of
   * each, and how many times the first one's it is, round by round. One that refuses its warm-up
   * is named with the reason.
   *
   * @param create - makes the contender of a name; a name with fewer rounds leaves the others alone at the end
   */
  readonly turns: <Name extends string>(
    name: string,
    rounds: Readonly<Partial<Record<Name, number>>>,
    create: (contender: NoInfer<Name>) => Contender,
  ) => Promise<void>;
  /** Prints the figures: a table, or JSON with `--json`; `--out FILE` writes that JSON. */
  readonly finish: () => Promise<void>;
}

/**
 * The frame of a package's `bench/index.ts`: reads `--quick`, `--json`, `--out FILE` and what else is named.
 *
 * @param more - names of options of the benchmark's own, with a value each
 * @throws TypeError for an option that is none
 */
export function createBenchmark({ more = [] }: { readonly more?: readonly string[] } = {}): Benchmark {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      ...Object.fromEntries(more.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const { quick: isQuick, json, out, ...own } = values;
  const figures: Figure[] = [];
  const load = loadavg()[0];

  const add: Benchmark['add'] = (name, samples, kind, processor) => {
    if (figures.some((figure) => figure.name === name)) throw new Error(`${name}: there are two of it`);
    figures.push(figureOf(name, samples, kind, processor));
  };
  const addTimes = (name: string, times: readonly Times[], per?: string, waits = false): void =>
    add(
      name,
      times.map(({ clock }) => clock),
      { unit: 'ms', better: 'lower', ...(per === undefined ? {} : { per }) },
      waits ? undefined : times.map(({ processor }) => processor),
    );

  const absent = (name: string, reason: string): void => {
    figures.push({ name, absent: reason });
  };

  return {
    isQuick,
    values: own,
    add,
    absent,
    async time(name, work, { items = 1, per, runs = isQuick ? 3 : 5, waits = false } = {}) {
      const budget = isQuick ? 100 : 500;
      let times: Times[] = [];
      const bench = new Bench({
        ...{ time: budget, iterations: runs, warmupTime: budget, warmupIterations: 1 },
        // Waiting takes next to nothing of the processor: it would go on for minutes.
        ...{ now: waits ? () => performance.now() : processorNow, throws: true },
        setup: () => {
          times = [];
        },
      });
      bench.add(name, async () => {
        const read = startTimes();
        const given = await work();
        const whole = read();
        const { clock, processor } = isTimes(given) ? given : whole;
        times.push({ clock: clock / items, processor: processor / items });
      });
      await bench.run();
      addTimes(name, times, per, waits);
    },
    async turns(name, rounds, create) {
      const names = Object.keys(rounds) as (keyof typeof rounds)[];
      const ready = new Map<string, { contender: Contender; times: Times[]; left: number }>();
      for (const each of names) {
        const contender = create(each);
        try {
          // Captures, starts what runs it, warms up.
          await contender.run();
          ready.set(each, { contender, times: [], left: rounds[each] ?? 0 });
        } catch (error) {
          // One that lacks an operation is part of the answer.
          const reason = error instanceof Error ? error.message : String(error);
          absent(`${name}: ${each}`, reason.split('\n')[0] ?? '');
          await contender.dispose();
        }
      }
      while ([...ready.values()].some(({ left }) => left > 0))
        for (const turn of ready.values()) {
          if (turn.left-- <= 0) continue;
          const read = startTimes();
          await turn.contender.run();
          turn.times.push(read());
        }
      const [first = ''] = names;
      const base = ready.get(first)?.times ?? [];
      for (const [each, { contender, times }] of ready) {
        await contender.dispose();
        addTimes(`${name}: ${each}`, times);
        const ratios = times
          .slice(0, base.length)
          .map(({ clock }, round) => clock / (base[round]?.clock ?? Number.NaN));
        if (each !== first && ratios.length > 0)
          add(`${name}: ${each}, by ${first}`, ratios, { unit: 'times', better: 'neither' });
      }
    },
    async finish() {
      const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, load };
      const text = JSON.stringify({ ...machine, quick: isQuick, figures }, null, 2);
      if (out !== undefined) await writeFile(out, `${text}\n`);
      console.log(json ? text : figureTable([{ figures: joinPasses([figures]) }]));
    },
  };
}

function isTimes(value: unknown): value is Times {
  return typeof value === 'object' && value !== null && 'clock' in value && 'processor' in value;
}
