import { type FgamError, writeAtomic } from '@fgam/data';
import { trainerError, type TrainerErrorCode } from '../error.js';
import {
  type AlarmLimits,
  hackingAlarms,
  LEAST_WATCHED,
  type ResponseReading,
  type RolloutFigures,
} from './hacking-alarms.js';
import type { Rollout } from './rollout.js';

/** Signs of reward hacking that end a run. */
export interface RlAlarms {
  readonly read: (question: string, response: string) => ResponseReading;
  /** Share of final responses that a critic other than the reward judges otherwise. */
  readonly disagreement?: (rollouts: readonly Rollout[]) => Promise<number>;
  readonly limits?: AlarmLimits;
  /** File that the alarms and the trajectories which gave them are written to. */
  readonly evidence: string;
}

/** Rollouts of an iteration, and what they are compared with. */
export interface WatchedIteration {
  /** Of the run, for its error. */
  readonly name: string;
  readonly alarms: RlAlarms;
  readonly first: RolloutFigures;
  readonly now: RolloutFigures;
  readonly rollouts: readonly Rollout[];
  readonly iteration: number;
}

/** What was found in an iteration. */
export interface SoundedAlarms {
  /** How many; left out where the trajectories are fewer than {@link LEAST_WATCHED}, which say too little. */
  readonly count?: number;
  /** What the run ends with where there are any: `trainer/reward-hacking`, naming each and the file of evidence. */
  readonly fault?: FgamError<TrainerErrorCode>;
}

/** Looks for reward hacking; where there are signs, the evidence is kept in its file. */
export async function soundAlarms(watched: WatchedIteration): Promise<SoundedAlarms> {
  const { name, alarms, first, now, rollouts, iteration } = watched;
  if (rollouts.length < LEAST_WATCHED) return {};
  const found = hackingAlarms(first, now, alarms.limits);
  if (found.length === 0) return { count: 0 };
  const trajectories = rollouts.map(({ trajectory, rounds }) => ({
    trajectory,
    scores: rounds.map(({ score }) => score),
  }));
  await writeAtomic(
    alarms.evidence,
    JSON.stringify({ iteration, alarms: found, first, now, trajectories }, null, 2),
  );
  const fault = trainerError(
    'trainer/reward-hacking',
    `${name}: iteration ${iteration} looks like reward hacking: ${found.join('; ')}; the trajectories are in ${alarms.evidence}. ` +
      'Raise klCoefficient, lower the learning rate or mend the critic; a checkpoint has what was trained until then',
  );
  return { count: found.length, fault };
}
