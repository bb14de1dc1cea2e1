import { IMAGE_URI, listFaults } from '@fgam/data';
import { z } from 'zod';
import { benchError } from '../error.js';
import { intervalSchema as interval } from './interval-schema.js';
import { paperDataSchema } from './paper/paper-schema.js';

const text = z.string();
const name = z.string().min(1);
const count = z.number().int().min(0);
const share = z.number().min(0).max(1);

const metricSchema = z.strictObject({
  /** Null where there was nothing to divide by. */
  value: z.number().nullable(),
  n: count,
  interval: interval.nullable(),
});
const metricsSchema = z.record(name, metricSchema).readonly();

const countsSchema = z
  .strictObject({
    fixed: count,
    broken: count,
    unchangedRight: count,
    unchangedWrong: count,
    net: z.number().int(),
  })
  .refine(({ fixed, broken, net }) => net === fixed - broken, 'expected net to be fixed - broken');
const roundSchema = z.strictObject({
  brokenIds: z.array(text).readonly(),
  fixedIds: z.array(text).readonly(),
  round: z.union([count, z.literal('total')]),
  overall: countsSchema,
  byKind: z.record(name, countsSchema.optional()).readonly(),
});

const issueSchema = z.object({ kind: text, claim: text, correction: text.optional() });
const feedbackSchema = z.discriminatedUnion('verdict', [
  z.object({ verdict: z.literal('accept'), confidence: share.optional() }),
  z.object({
    verdict: z.literal('revise'),
    issues: z.array(issueSchema).readonly(),
    text,
    confidence: share.optional(),
  }),
]);
const trajectorySchema = z.object({
  id: text,
  attempts: z.array(z.object({ response: text, feedback: feedbackSchema.optional() })).readonly(),
  final: text,
  stop: text,
});

const variantSchema = z.strictObject({
  name,
  description: text,
  /** The variant whose first answers this row's loop begins with, where it has none of its own. */
  answersOf: name.optional(),
  /** Training steps, where they are known. */
  steps: count.optional(),
  /** First answers, by `task.metric`; `reportMetrics` makes them. */
  metrics: metricsSchema,
  /** Answers after the rectification loop. */
  withLoop: metricsSchema.optional(),
  accounting: z
    .strictObject({
      brokenIds: z.array(text).readonly(),
      total: roundSchema,
      rounds: z.array(roundSchema).readonly(),
    })
    .optional(),
});

const curveSchema = z.strictObject({
  name,
  points: z
    .array(z.strictObject({ step: count, loss: z.number(), parts: z.record(name, z.number()).readonly() }))
    .readonly(),
});

const comparisonSchema = z.strictObject({
  baseline: name,
  variant: name,
  metric: name,
  difference: z.number(),
  interval,
  n: count,
});

const exampleSchema = z
  .strictObject({
    /** A `data:image/...;base64,` URI or the path of a PNG, JPEG, WebP or GIF file. */
    image: name.refine(
      (image) => !/^data:/i.test(image) || IMAGE_URI.test(image),
      'expected a base64 data URI of image/png, image/jpeg, image/webp or image/gif, or a path',
    ),
    /** The row whose loop this is. */
    variant: name.optional(),
    question: text,
    /** The true answer. */
    answer: text,
    trajectory: trajectorySchema,
    /** Whether each attempt's response is right, and the final one; `reportExample` judges them. */
    right: z.strictObject({ attempts: z.array(z.boolean()).readonly(), final: z.boolean() }).optional(),
    /** Image fractions. */
    boxes: z
      .array(z.strictObject({ label: text, box: z.object({ x0: share, y0: share, x1: share, y1: share }) }))
      .readonly(),
  })
  .refine(
    ({ right, trajectory }) => !right || right.attempts.length === trajectory.attempts.length,
    'expected one verdict in right.attempts for each attempt',
  );

const reportSchema = z.strictObject({
  title: name,
  /** ISO 8601. */
  generatedAt: name,
  /** Whatever the numbers depend on: seeds, counts, hashes, versions. */
  provenance: z.record(name, z.union([text, z.number(), z.boolean()])).readonly(),
  variants: z
    .array(variantSchema)
    .readonly()
    .refine(
      (variants) => new Set(variants.map((variant) => variant.name)).size === variants.length,
      'expected a name of its own for each variant',
    ),
  curves: z.array(curveSchema).readonly(),
  /** Paired differences `variant - baseline`, over the same items. */
  comparisons: z.array(comparisonSchema).readonly(),
  examples: z.array(exampleSchema).readonly(),
  /** The paper's tables and figures; reports from before have none. */
  paper: paperDataSchema.optional(),
});

/** What a report shows: runs of several variants, with and without the loop, and how they came about. */
export type Report = z.infer<typeof reportSchema>;

/** One variant of a report. */
export type ReportVariant = Report['variants'][number];

/** One example of a report. */
export type ReportExample = Report['examples'][number];

/** A metric of a report: its value, of how many items, and its interval. */
export type ReportMetric = z.infer<typeof metricSchema>;

/**
 * Checks a value (a parsed JSON file, say) against the form of a report; all faults are named at once.
 *
 * @throws FgamError `bench/bad-report`
 * @example
 * ```ts
 * import { parseReport } from '@fgam/bench';
 *
 * const empty = { variants: [], curves: [], comparisons: [], examples: [], provenance: {} };
 * if (parseReport({ title: 'Run', generatedAt: '2026-01-01', ...empty }).title !== 'Run') throw new Error('not read');
 * ```
 */
export function parseReport(value: unknown): Report {
  return checkReport(value, 'parseReport: expected a report');
}

/** `parseReport` for whoever can say more about where the value came from. */
export function checkReport(value: unknown, expectation: string): Report {
  const parsed = reportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = listFaults(parsed.error, 'report').join('; ');
  throw benchError('bench/bad-report', `${expectation}, got ${faults}; repair these fields`);
}
