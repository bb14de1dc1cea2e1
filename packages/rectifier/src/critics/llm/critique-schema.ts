import { z } from 'zod';
import { ISSUE_KINDS } from '../../feedback/feedback-grammar.js';

const share = z.number().min(0).max(1);
const box = z
  .object({ x0: share, y0: share, x1: share, y1: share })
  .refine(({ x0, y0, x1, y1 }) => x0 < x1 && y0 < y1, 'expected x0 < x1 and y0 < y1');

/** What an LLM critic replies. Fields that it adds are left out. */
export const critiqueSchema = z
  .object({
    verdict: z.enum(['accept', 'revise']),
    confidence: share,
    issues: z.array(
      z.object({
        kind: z.enum(ISSUE_KINDS),
        claim: z.string().refine((text) => text.trim() !== '', 'expected words of the answer'),
        correction: z.string().nullable().default(null),
        confidence: share.default(1),
        boxes: z.array(box).default([]),
      }),
    ),
  })
  .superRefine(({ verdict, issues }, context) => {
    const message =
      verdict === 'accept' && issues.length > 0
        ? 'expected no issues with verdict accept'
        : verdict === 'revise' && issues.length === 0
          ? 'expected at least one issue with verdict revise'
          : undefined;
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['issues'], message });
  });

/** See `critiqueSchema`. */
export type Critique = z.infer<typeof critiqueSchema>;

/**
 * The schema as servers take it in `response_format`: every field is asked for, and no default is told
 * (OpenAI's strict mode refuses them).
 */
export const CRITIQUE_FORMAT = {
  type: 'json_schema' as const,
  json_schema: {
    name: 'critique',
    strict: true,
    schema: z.toJSONSchema(critiqueSchema, {
      io: 'output',
      override: ({ jsonSchema }) => {
        delete jsonSchema.default;
      },
    }),
  },
};
