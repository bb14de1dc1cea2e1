import type { Judge } from '@fgam/data';
import type { Interval } from '../bootstrap.js';
import type { ScoredRow } from '../compare/compare-systems.js';
import type { RowFaults } from './align-rows.js';

/** What a benchmark's scorer is given. */
export interface ScoreInput {
  /** The official truth files, or folders that hold them under their official names. */
  readonly truth: readonly string[];
  /** Files of predictions, in any of the formats that the task names, or folders of such. */
  readonly predictions: readonly string[];
  /** Whose rules; default the first of the task's dialects. */
  readonly dialect?: string;
  /**
   * Counts missing and duplicate rows as wrong and passes over unknown ones; all are listed. Default
   * false: they are an error.
   */
  readonly allowMissing?: boolean;
  /** Of the bootstrap; default 0. */
  readonly seed?: number;
  /** For tasks that are scored by a judge. */
  readonly judge?: Judge;
  /** The judge's prompt in place of this package's own wording: an official prompt, as its project publishes it. */
  readonly judgePrompt?: string;
  readonly signal?: AbortSignal;
}

/** A metric's value, or one a name (`perAnswerType`); null where there is nothing to divide by. */
export type MetricValue = number | null | { readonly [name: string]: number | null };

/** The metrics of a whole task or of one of its categories, by name. */
export type Metrics = Readonly<Record<string, MetricValue>>;

/** The result of a benchmark: what `fgam bench score --json` prints. */
export interface BenchmarkScore {
  readonly task: string;
  readonly dialect: string;
  /** Questions in the truth that are counted. */
  readonly n: number;
  /** Of them without an answer, or with two. */
  readonly missing: number;
  readonly metrics: Metrics;
  /** The metrics of each part: split, type, subject, capability, ... */
  readonly byCategory: Readonly<Record<string, Metrics>>;
  /**
   * 95 % interval of each metric of the whole, by a bootstrap over images (or questions, where they are
   * independent), in the metric's unit.
   */
  readonly interval: Readonly<Record<string, Interval>>;
  readonly faults: RowFaults;
  /** What a reader must know to trust the number: a departure, a substitute, files that were not given. */
  readonly notes: readonly string[];
  /**
   * What each question of the truth is worth, by metric, where that metric is a mean over questions: what
   * paired comparisons take (`fgam bench score --json` leaves it out). A metric of one split alone (POPE's
   * headline) has the rows of all splits here.
   */
  readonly rows?: Readonly<Record<string, readonly ScoredRow[]>>;
}

/** A question of a benchmark, as a model is asked it. */
export interface BenchmarkQuestion {
  readonly id: string;
  /**
   * File name of the image as the truth names it; the caller knows the folder. Undefined
   * where the question has none.
   */
  readonly image?: string;
  readonly prompt: string;
}

/** Answers by question id, ready to be saved. */
export type BenchmarkAnswers = ReadonlyMap<string, string>;

/** One benchmark: its readers, prompts, answer parser and scorer behind one face. */
export interface BenchmarkTask {
  /** As it is named on the command line: `pope`. */
  readonly name: string;
  /** Other names that the command line takes. */
  readonly aliases?: readonly string[];
  /** As its authors write it: `POPE`. */
  readonly title: string;
  readonly measures: string;
  /** The truth files and the prediction formats that are read, in words. */
  readonly inputs: string;
  /** The first is the default. */
  readonly dialects: readonly [string, ...string[]];
  /** Units of the metrics, by name. */
  readonly units: Readonly<Record<string, string>>;
  /**
   * @throws FgamError `bench/bad-truth`, `bench/bad-predictions` (names the rows),
   * `bench/unknown-dialect`, `bench/no-judge`
   */
  score(input: ScoreInput): Promise<BenchmarkScore>;
  /** The questions with the prompts of a dialect, in the truth's order. */
  questions(truth: readonly string[], dialect?: string): Promise<readonly BenchmarkQuestion[]>;
  /**
   * Of benchmarks whose truth holds the images itself (MMBench's column of base64): writes them into a
   * folder, under the names that questions give.
   *
   * @throws FgamError `bench/bad-truth` where there are none
   */
  saveImages?(truth: readonly string[], folder: string): Promise<void>;
  /** Writes answers in the official format of predictions into a folder; returns the files. */
  savePredictions(
    truth: readonly string[],
    answers: BenchmarkAnswers,
    folder: string,
  ): Promise<readonly string[]>;
}
