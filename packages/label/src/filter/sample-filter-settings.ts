import { listFaults } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import { without } from '../without.js';
import type { SampleFilter } from './filter-samples.js';

/** A filter's limits with their defaults. */
export interface SampleFilterSettings {
  readonly minWidth: number;
  readonly minHeight: number;
  readonly maxAspect: number;
  readonly minWords: number;
  readonly maxWords: number;
  /** Whether captions are looked at. */
  readonly captions: boolean;
  /** Whether descriptions are looked at. */
  readonly descriptions: boolean;
}

const pixels = z.int().min(0).default(0);

const schema = z
  .object({
    minWidth: pixels,
    minHeight: pixels,
    maxAspect: z.number().min(1).default(Number.POSITIVE_INFINITY),
    minWords: z.int().min(0).default(0),
    maxWords: z.int().min(1).default(Number.MAX_SAFE_INTEGER),
    clip: z.object({ minScore: z.number().min(-1).max(1) }).exactOptional(),
    texts: z.enum(['captions', 'descriptions', 'both']).default('both'),
  })
  .superRefine(({ minWords, maxWords }, context) => {
    if (minWords > maxWords)
      context.addIssue({ code: 'custom', path: ['minWords'], message: `more than maxWords (${maxWords})` });
  });

/** The limits with their defaults. @throws FgamError `label/bad-config` with all faults */
export function sampleFilterSettings(filter: SampleFilter): SampleFilterSettings {
  const { data, error } = schema.safeParse(filter);
  if (data) {
    const { texts } = data;
    return {
      ...without(data, 'texts', 'clip'),
      captions: texts !== 'descriptions',
      descriptions: texts !== 'captions',
    };
  }
  throw labelError('label/bad-config', `filterSamples: ${listFaults(error, 'filter').join('; ')}`);
}
