/** How long something took, in milliseconds. */
export interface Times {
  /** As a clock on the wall has it: what a user waits for, and what another program's load lengthens. */
  readonly clock: number;
  /** What all threads of this process computed; waiting is not in it. */
  readonly processor: number;
}

/** Starts to measure; the function that is given back tells what has passed since. */
export function startTimes(): () => Times {
  const used = process.cpuUsage();
  const begin = performance.now();
  return () => {
    const clock = performance.now() - begin;
    const { user, system } = process.cpuUsage(used);
    return { clock, processor: (user + system) / 1000 };
  };
}

/** Milliseconds of processor since this process began: a clock that stands while others have the processor. */
export function processorNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
