import type { TrainingPlan } from '@fgam/compile';
import { type PlanRequest, planModel } from './plan-model.js';

/** Memory of the GPU that is asked about: 80 GB, of which a runtime wants some for itself. */
export const GPU_BYTES = 80e9;
/** Rows that are looked at, at most. */
const MOST_ROWS = 1024;

/** A plan, and what fits. */
export interface PlanReport extends TrainingPlan {
  readonly gpu: {
    readonly bytes: number;
    readonly fits: boolean;
    /** Rows of the largest batch whose plan fits; 0 where one row does not. */
    readonly largestBatch: number;
  };
}

/**
 * A plan with the largest batch that fits an 80 GB GPU. Memory grows with the rows as a line does, near
 * enough to begin the search where two plans meet the limit; the answer itself is planned.
 *
 * @throws FgamError as `planModel`
 */
export function planReport(request: PlanRequest): PlanReport {
  const plan = planModel(request);
  const peaks = new Map([[request.batch, plan.memory.peak]]);
  const peakOf = (batch: number): number => {
    const peak = peaks.get(batch) ?? planModel({ ...request, batch }).memory.peak;
    peaks.set(batch, peak);
    return peak;
  };
  const one = peakOf(1);
  const other = Math.max(2, request.batch);
  const slope = (peakOf(other) - one) / (other - 1);
  let rows = Math.max(0, Math.min(MOST_ROWS, 1 + Math.floor((GPU_BYTES - one) / slope)));
  while (rows > 0 && peakOf(rows) > GPU_BYTES) rows -= 1;
  while (rows > 0 && rows < MOST_ROWS && peakOf(rows + 1) <= GPU_BYTES) rows += 1;
  const gpu = { bytes: GPU_BYTES, fits: plan.memory.peak <= GPU_BYTES, largestBatch: rows };
  return { ...plan, gpu };
}
