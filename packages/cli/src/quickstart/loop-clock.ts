import type { RectifyEvent } from '@fgam/rectifier';

/**
 * Seconds that a round took over all requests: the critic's on round k's responses, and the revisions that
 * gave these (none in round 0).
 */
export interface RoundSeconds {
  readonly critic: number;
  readonly revision: number;
}

/** A clock that reads the loop's events. */
export interface LoopClock {
  readonly onEvent: (event: RectifyEvent) => void;
  /** By round, from 0. */
  rounds(): RoundSeconds[];
}

/**
 * Takes the time of a loop whose first responses are given. The events of one call come together, right after
 * it, so what passed since the event before belongs to that call.
 */
export function createLoopClock(clock: () => number = () => performance.now()): LoopClock {
  const rounds: { critic: number; revision: number }[] = [];
  let last = clock();
  return {
    onEvent: ({ type, round }) => {
      const now = clock();
      const own = (rounds[round] ??= { critic: 0, revision: 0 });
      if (type === 'feedback') own.critic += (now - last) / 1000;
      // First responses are there already: a batch begins with them.
      if (type === 'response' && round > 0) own.revision += (now - last) / 1000;
      last = now;
    },
    rounds: () => rounds.map((round) => ({ ...round })),
  };
}
