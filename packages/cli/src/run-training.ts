import type { Backend, Communicator, Precision, Weights } from '@fgam/compile';
import { type OptimizerSettings, type Schedule, type Step, train } from '@fgam/trainer';
import { interrupted } from './interrupt.js';
import { createProgress, type Progress } from './progress.js';
import type { MetricsSink, OpenMetricsSink } from './train/metrics-sink.js';
import { isWriter } from './train/processes.js';

/** How a command starts a run. */
export interface RunStart {
  /** Go on from the last checkpoint in the output folder; otherwise a folder with one is refused. */
  readonly resume: boolean;
  readonly backend?: Backend;
  /** Where the lines of `metrics.jsonl` go, too. */
  readonly openMetrics?: OpenMetricsSink;
  /** Processes that train together. Default: this one alone. */
  readonly communicator?: Communicator | undefined;
}

/** One training run of a command. */
export interface TrainingRun extends Partial<RunStart> {
  /** What the progress bar says. */
  readonly label: string;
  readonly step: Step;
  /** Folder of checkpoints and metrics; by default a run that was stopped there goes on. */
  readonly out: string;
  readonly steps: number;
  /** Updates that are done, where the schedule is not run to its end. */
  readonly stopAt?: number;
  readonly schedule: Schedule;
  readonly optimizer?: OptimizerSettings;
  readonly microBatches?: number;
  readonly worker?: boolean;
  readonly precision?: Precision;
  readonly saveEvery?: number;
  readonly logEvery?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs or resumes a training run under a progress bar.
 * @throws FgamError `fgam/interrupted` after saving a checkpoint
 */
export async function runTraining(run: TrainingRun): Promise<{ weights: Weights; checkpoint: string }> {
  const { openMetrics, ...rest } = run;
  const sink = isWriter(run.communicator) ? await openMetrics?.(run.out) : undefined;
  let result;
  try {
    result = await runUnderProgress(rest, sink);
  } catch (error) {
    // What ended the run is told, and not what closing meets after it.
    await sink?.close().catch(() => undefined);
    throw error;
  }
  await sink?.close();
  return result;
}

async function runUnderProgress(
  run: Omit<TrainingRun, 'openMetrics'>,
  sink: MetricsSink | undefined,
): Promise<{ weights: Weights; checkpoint: string }> {
  const { label, steps, resume = true, communicator, ...options } = run;
  let progress: Progress | undefined;
  const last = run.stopAt ?? steps;
  try {
    const result = await train({
      ...options,
      ...(communicator === undefined ? {} : { communicator }),
      steps,
      resume,
      onStart: (done) => (progress = createProgress(label, last, done)),
      async onProgress(line) {
        progress?.update(line.step, `loss ${line.loss.toFixed(3)}`);
        await sink?.send(line);
      },
    });
    if (result.aborted) throw interrupted();
    progress?.update(last);
    return result;
  } finally {
    progress?.stop();
  }
}
