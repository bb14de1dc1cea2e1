import { availableParallelism } from 'node:os';

/** Threads of a program by default: one a core that this process may use. */
export function defaultThreads(): number {
  return availableParallelism();
}
