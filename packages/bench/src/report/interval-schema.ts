import { z } from 'zod';

/** An interval of 95 %, in the unit of what it is of. */
export const intervalSchema = z
  .tuple([z.number(), z.number()])
  .readonly()
  .refine(([low, high]) => low <= high, 'expected the lower end of the interval first');
