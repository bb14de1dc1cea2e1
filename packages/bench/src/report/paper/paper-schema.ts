import { listFaults } from '@fgam/data';
import { z } from 'zod';
import { benchError } from '../../error.js';
import { intervalSchema as interval } from '../interval-schema.js';
import { criticSchema, loopSchema } from './loop-schema.js';
import { PAPER_ROLES } from './paper-roles.js';
import { paperValueSchema } from './paper-value.js';

const text = z.string();
const name = z.string().min(1);
const count = z.number().int().min(0);

const paperRowSchema = z.strictObject({
  /** Results of one family are held against each other: `LLaVA`, `MiniGPT-4`. The paper's own values are of a LLaVA. */
  family: name,
  /** As it is shown: `base + stage 1`. */
  variant: name,
  /** Which rows of the paper's tables and figures this is; none: it is in no table. */
  roles: z.array(z.enum(PAPER_ROLES)).readonly(),
  /** Revisions that the answers could have at most; 0: first answers. */
  rounds: count.optional(),
  /** Who gives the feedback on rows of this family; those of another critic are held against each other apart. */
  critic: name.optional(),
  /** The scale of training and test, by its name; rows of several are held against each other apart. */
  scale: name.optional(),
  /** What must be known beside its numbers, such as a training that an alarm ended. */
  note: name.optional(),
  /** By `task.metric`, such as `pope.f1`. */
  metrics: z.record(name, paperValueSchema).readonly(),
});

const rateSchema = z.strictObject({
  errors: count,
  claims: count,
  /** `errors / claims`; null without claims. */
  rate: z.number().min(0).max(1).nullable(),
});
const errorTypeSchema = z.strictObject({
  type: z.enum(['object', 'attribute', 'relation', 'reasoning']),
  /** Where the claims were made, such as `captions`; without it all of the type. */
  part: name.optional(),
  base: rateSchema,
  full: rateSchema,
  /** `1 - full rate / base rate`; null where the base makes no such error. */
  reduction: z.number().max(1).nullable(),
  /** Of 95 %, by a bootstrap over images. */
  interval: interval.nullable(),
});
const errorTaxonomySchema = z.strictObject({
  /** What the truth was: `scenes`, `AMBER`, ... */
  source: name,
  base: name,
  full: name,
  images: count,
  types: z.array(errorTypeSchema).readonly(),
});

const spreadSchema = z.strictObject({
  median: z.number().min(0),
  /** First and third quartile. */
  quartiles: interval,
});
const latencySchema = z.strictObject({
  name,
  /** Questions that were timed, one at a time. */
  questions: count,
  /** Milliseconds of a first answer, and of one feedback of the rectification module. */
  answer: spreadSchema,
  critic: spreadSchema.optional(),
  /** First answer and all up to this round: milliseconds, and as a ratio to the same question's first answer. */
  rounds: z
    .array(
      z.strictObject({
        round: z.number().int().min(1),
        /** Of the questions, those that had so many rounds. */
        questions: count,
        milliseconds: spreadSchema,
        ratio: spreadSchema,
      }),
    )
    .readonly(),
  /** Of the answering model, and of the rectification module where it is another one. */
  parameters: z.strictObject({ model: count, critic: count.optional() }).optional(),
  /** Of the machine while it was measured: the mean count of running processes. */
  load: z.number().min(0).optional(),
});

const meanSchema = z.strictObject({ mean: z.number(), interval });
const humanSchema = z.strictObject({
  items: count,
  raters: count,
  systems: z
    .array(
      z.strictObject({
        name,
        /** Which the paper has beside it. */
        role: z.enum(PAPER_ROLES).optional(),
        localisation: meanSchema,
        coherence: meanSchema,
        overall: meanSchema,
        /** The share of ratings that found a factual error. */
        hallucinationRate: meanSchema,
      }),
    )
    .readonly(),
  /** Krippendorff's alpha by scale; null where nothing varies. */
  agreement: z.record(text, z.number().nullable()).readonly(),
});

/** The data of the paper's tables and figures; what is absent has no section. */
export const paperDataSchema = z.strictObject({
  /** Tables 1 and 2, Figures 1 and 2. */
  rows: z.array(paperRowSchema).readonly().optional(),
  /** Table 3. */
  errors: z.array(errorTaxonomySchema).readonly().optional(),
  /** Table 4. */
  latency: z.array(latencySchema).readonly().optional(),
  /** Table 5. */
  human: humanSchema.optional(),
  /** Tables 3 and 4 over seeds; answers round by round, fixed and broken. */
  loops: z.array(loopSchema).readonly().optional(),
  /** Precision and recall of the critics. */
  critics: z.array(criticSchema).readonly().optional(),
});

/** The data of the paper's tables and figures. */
export type PaperData = z.infer<typeof paperDataSchema>;

/** One result as the paper's tables take it: a variant's metrics, and which row it is. */
export type PaperRow = z.infer<typeof paperRowSchema>;

/** Table 3: errors of two systems by type, from one kind of truth. */
export type ErrorTaxonomy = z.infer<typeof errorTaxonomySchema>;

/** Table 4: what rounds cost. */
export type RoundLatency = z.infer<typeof latencySchema>;

/** Table 5: what people said. */
export type PaperHuman = z.infer<typeof humanSchema>;

/**
 * Checks a value (a parsed JSON file, say) against the form of the data of the paper's tables; all
 * faults are named at once.
 *
 * @throws FgamError `bench/bad-report`
 * @example
 * ```ts
 * import { parsePaperData } from '@fgam/bench';
 *
 * const metrics = { 'pope.f1': { value: 0.87, n: 3000, half: 0.01, seeds: [0.86, 0.88] } };
 * const rows = [{ family: 'LLaVA', variant: 'full FGAM', roles: ['full', 'sft'], rounds: 2, metrics }];
 * if (parsePaperData({ rows }).rows?.[0]?.roles[0] !== 'full') throw new Error('not read');
 * ```
 */
export function parsePaperData(value: unknown): PaperData {
  const parsed = paperDataSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw benchError(
    'bench/bad-report',
    `parsePaperData: expected data of the paper's tables, got ${listFaults(parsed.error, 'data').join('; ')}; repair these fields`,
  );
}
