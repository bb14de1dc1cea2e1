import { listFaults } from '@fgam/data';
import { z } from 'zod';
import { labelError } from '../error.js';
import { type ModelChoice, WEIGHTS_TYPES } from '../transformers/locate-model.js';
import { CAPTION_TASKS, type CaptionTask } from './caption-model.js';

/** Options of `createRegionCaptioner`. */
export interface RegionCaptionerOptions extends ModelChoice {
  /** What is asked for. Default `caption`, of the region cut out; see `docs/log.md` for why. */
  readonly task?: CaptionTask;
  /** Share of a box's sides that is shown around it. Default 0.1; without meaning for `region-to-description`. */
  readonly margin?: number;
  /** Longest caption in tokens. Default 96. */
  readonly maxTokens?: number;
  /** Regions that go through the model at once. Default 4. */
  readonly batchSize?: number;
  /** Default `English`. Texts in other languages are checked for form alone. */
  readonly language?: string;
  /** Fewest words of a description (English). Default 2. */
  readonly minWords?: number;
  /** Default 40. */
  readonly maxWords?: number;
  /** A folder that remembers captions. Default: none. */
  readonly cache?: string;
}

const count = z.int().min(1);

const schema = z
  .object({
    model: z.string().min(1),
    weights: z.enum(WEIGHTS_TYPES).exactOptional(),
    modelCache: z.string().min(1).exactOptional(),
    task: z.enum(CAPTION_TASKS).default('caption'),
    margin: z.number().min(0).max(10).default(0.1),
    maxTokens: count.max(1000).default(96),
    batchSize: count.max(1024).default(4),
    language: z.string().min(2).default('English'),
    minWords: count.default(2),
    maxWords: count.max(200).default(40),
    cache: z.string().min(1).exactOptional(),
  })
  .strict()
  .superRefine(({ minWords, maxWords }, context) => {
    if (minWords > maxWords)
      context.addIssue({ code: 'custom', path: ['minWords'], message: `more than maxWords (${maxWords})` });
  });

/** The options with their defaults. @throws FgamError `label/bad-config` with all faults */
export function captionerSettings(options: RegionCaptionerOptions): z.infer<typeof schema> {
  const { data, error } = schema.safeParse(options);
  if (data) return data;
  throw labelError('label/bad-config', `createRegionCaptioner: ${listFaults(error, 'options').join('; ')}`);
}
