import { setMaxListeners } from 'node:events';

/** A signal that time ends, too. */
export interface Deadline {
  /** Aborted as the signal that was given, or with `late()` once the time is up. */
  readonly signal: AbortSignal;
  /** The time no longer counts; the given signal does as before. */
  readonly lift: () => void;
}

/** Starts the time of a job's signal, which lives no longer than the job. */
export function startDeadline(job: AbortSignal, milliseconds: number, late: () => Error): Deadline {
  const controller = new AbortController();
  // Each call of each round listens until the job ends.
  setMaxListeners(0, controller.signal);
  const leave = (): void => controller.abort(job.reason);
  if (job.aborted) leave();
  job.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => controller.abort(late()), milliseconds);
  return { signal: controller.signal, lift: () => clearTimeout(timer) };
}
