import { z } from 'zod';

/**
 * A line of the samples file that lmms-eval writes: what the model answered is the first of `filtered_resps`,
 * or of the first of `resps`; `doc` is the question without its image.
 */
export const lmmsEvalRow = <Shape extends z.ZodRawShape>(doc: z.ZodObject<Shape>) =>
  z
    .object({
      doc_id: z.union([z.int(), z.string()]),
      doc,
      filtered_resps: z.union([z.string(), z.array(z.unknown())]).optional(),
      resps: z.array(z.unknown()).optional(),
    })
    .transform((row, context) => {
      const answer = firstText(row.filtered_resps) ?? firstText(row.resps);
      if (answer !== undefined) return { doc: row.doc, answer };
      context.addIssue({ code: 'custom', message: 'expected a text in filtered_resps or resps' });
      return z.NEVER;
    });

/** The first text of lists in lists. */
function firstText(value: unknown): string | undefined {
  return Array.isArray(value) ? firstText(value[0]) : typeof value === 'string' ? value : undefined;
}
