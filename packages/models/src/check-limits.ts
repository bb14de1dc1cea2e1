import { modelsError } from './error.js';

/** How much a model may do at once and keep, by the names of options. */
export interface Limits {
  /** Whole numbers from 1. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whole numbers from 0, which keeps nothing. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** @throws FgamError `models/bad-request` that lists every limit that is none */
export function checkLimits(name: string, { counts, bytes }: Limits): void {
  const faultsOf = (limits: Readonly<Record<string, number>>, least: number) =>
    Object.entries(limits)
      .filter(([, limit]) => !Number.isSafeInteger(limit) || limit < least)
      .map(([option, limit]) => `expected ${option} to be a whole number from ${least}, got ${limit}`);
  const faults = [...faultsOf(counts, 1), ...faultsOf(bytes, 0)];
  if (faults.length > 0) throw modelsError('models/bad-request', `${name}: ${faults.join('; ')}`);
}
