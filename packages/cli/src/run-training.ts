import type { Backend, Precision, Weights } from '@fgam/compile';
import { type OptimizerSettings, type Schedule, type Step, train } from '@fgam/trainer';
import { interrupted } from './interrupt.js';
import { createProgress, type Progress } from './progress.js';

/** One training run of a command. */
export interface TrainingRun {
  /** What the progress bar says. */
  readonly label: string;
  readonly step: Step;
  /** Folder of checkpoints and metrics. */
  readonly out: string;
  /** Go on with a run that was stopped there (default), or refuse a folder that holds a checkpoint. */
  readonly resume?: boolean;
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
  readonly backend?: Backend;
  readonly signal?: AbortSignal;
}

/** Runs or resumes a training run under a progress bar. @throws FgamError `fgam/interrupted` after saving a checkpoint */
export async function runTraining(run: TrainingRun): Promise<{ weights: Weights; checkpoint: string }> {
  const { label, steps, resume = true, ...options } = run;
  let progress: Progress | undefined;
  const last = run.stopAt ?? steps;
  try {
    const result = await train({
      ...options,
      steps,
      resume,
      onStart: (done) => (progress = createProgress(label, last, done)),
      onProgress: ({ step, loss }) => progress?.update(step, `loss ${loss.toFixed(3)}`),
    });
    if (result.aborted) throw interrupted();
    progress?.update(last);
    return result;
  } finally {
    progress?.stop();
  }
}
