import { FgamError } from './error.js';
import { describeFaults } from './parse-record.js';
import type { RegionSample } from './records.js';
import { regionSampleSchema } from './region-sample-schema.js';

/**
 * Checks that a sample, once it is written as JSON, is one that is read again.
 *
 * @param fn - the function that takes it, named in the error
 * @throws FgamError `data/bad-record`, naming the sample and its faults
 */
export function checkRegionSample(fn: string, sample: RegionSample): void {
  const result = regionSampleSchema.safeParse(sample);
  if (result.success) return;
  // The schema refuses a field that is there and undefined; JSON has none.
  if (regionSampleSchema.safeParse(JSON.parse(JSON.stringify(sample))).success) return;
  throw new FgamError(
    'data/bad-record',
    `${fn}: expected sample ${sample.id} to be one that can be read again, got: ${describeFaults(result.error)}; ` +
      'mend it or leave it out',
  );
}
