import { z } from 'zod';
import { intervalSchema as interval } from '../interval-schema.js';

/** A metric of a result in the paper's tables. */
export const paperValueSchema = z.strictObject({
  /** In the metric's own unit; over several seeds their mean. Null where there was nothing to divide by. */
  value: z.number().nullable(),
  /** Of how many questions or claims; over several seeds it may be told nowhere. */
  n: z.number().int().min(0).optional(),
  /** Of 95 %, over images or questions of one run. */
  interval: interval.nullable().optional(),
  /** Half the width of the 95 % interval of the mean over seeds. */
  half: z.number().min(0).optional(),
  /** The value of each seed. */
  seeds: z.array(z.number()).readonly().optional(),
});

/** A metric of a result in the paper's tables. */
export type PaperValue = z.infer<typeof paperValueSchema>;

/** Half the width of a value's interval: over seeds where there are several, else over images. */
export function halfOf({ half, interval: ends }: PaperValue): number | undefined {
  return half ?? (ends ? (ends[1] - ends[0]) / 2 : undefined);
}
