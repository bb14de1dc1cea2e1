import type { Trajectory } from '@fgam/data';
import { LRUCache } from 'lru-cache';

/** Characters of all trajectories kept. */
const MOST_CHARACTERS = 2 ** 25;

/** The latest trajectories, by id. */
export interface TrajectoryStore {
  add(trajectory: Trajectory): void;
  /** Its JSON; undefined where it is not, or no longer, there. */
  read(id: string): string | undefined;
}

/** Keeps `most` trajectories, and fewer where they are long. */
export function createTrajectoryStore(most: number): TrajectoryStore {
  const kept = new LRUCache<string, string>({
    max: most,
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (json) => json.length,
  });
  return {
    add: (trajectory) => void kept.set(trajectory.id, JSON.stringify(trajectory)),
    read: (id) => kept.get(id),
  };
}
