import { z } from 'zod';
import { benchError } from '../error.js';

const text = z.string();
const name = z.string().min(1);
const count = z.number().int().min(0);
const share = z.number().min(0).max(1);
const interval = z.tuple([z.number(), z.number()]).readonly();

const metricSchema = z.strictObject({
  /** Null where there was nothing to divide by. */
  value: z.number().nullable(),
  n: count,
  interval: interval.nullable(),
});
const metricsSchema = z.record(name, metricSchema).readonly();

const countsSchema = z.strictObject({
  fixed: count,
  broken: count,
  unchangedRight: count,
  unchangedWrong: count,
  net: z.number().int(),
});
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
  /** Training steps. */
  steps: count,
  /** First answers, by `task.metric`; `metricsOf` makes them. */
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

const reportSchema = z.strictObject({
  title: name,
  /** ISO 8601. */
  generatedAt: name,
  /** Whatever the numbers depend on: seeds, counts, hashes, versions. */
  provenance: z.record(name, z.union([text, z.number(), z.boolean()])).readonly(),
  variants: z.array(variantSchema).readonly(),
  curves: z
    .array(
      z.strictObject({
        name,
        points: z
          .array(
            z.strictObject({ step: count, loss: z.number(), parts: z.record(name, z.number()).readonly() }),
          )
          .readonly(),
      }),
    )
    .readonly(),
  /** Paired differences `variant - baseline`. */
  comparisons: z
    .array(
      z.strictObject({
        baseline: name,
        variant: name,
        metric: name,
        difference: z.number(),
        interval,
        n: count,
      }),
    )
    .readonly(),
  examples: z
    .array(
      z.strictObject({
        /** A `data:image/...;base64,` URI or the path of a PNG, JPEG, WebP or GIF file. */
        image: name,
        question: text,
        /** The true answer. */
        answer: text,
        trajectory: trajectorySchema,
        /** Image fractions. */
        boxes: z
          .array(
            z.strictObject({ label: text, box: z.object({ x0: share, y0: share, x1: share, y1: share }) }),
          )
          .readonly(),
      }),
    )
    .readonly(),
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
 */
export function parseReport(value: unknown): Report {
  const parsed = reportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'report'}: ${issue.message}`);
  throw benchError(
    'bench/bad-report',
    `parseReport: expected a report, got ${faults.join('; ')}; repair these fields`,
  );
}
