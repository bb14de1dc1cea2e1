import { type Feedback, type QuestionContext, readJsonLines, type Trajectory } from '@fgam/data';
import { z } from 'zod';
import { ISSUE_KINDS } from '../feedback/feedback-grammar.js';
import { rectifierError } from '../error.js';
import { hasAllImages } from './has-all-images.js';

const edge = z.number().min(0).max(1);
const box = z.strictObject({ x0: edge, y0: edge, x1: edge, y1: edge });
const confidence = edge.exactOptional();
const issue = z.strictObject({
  kind: z.enum(ISSUE_KINDS),
  claim: z.string(),
  correction: z.string().exactOptional(),
  evidence: z.strictObject({ boxes: z.array(box), score: z.number() }).exactOptional(),
  by: z.array(z.string()).exactOptional(),
});
const feedback: z.ZodType<Feedback> = z.discriminatedUnion('verdict', [
  z.strictObject({ verdict: z.literal('accept'), confidence }),
  z.strictObject({ verdict: z.literal('revise'), issues: z.array(issue), text: z.string(), confidence }),
]);
const earlierTurn = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  text: z.string(),
  images: z.int().min(1).exactOptional(),
});
const context: z.ZodType<QuestionContext<string>> = z
  .strictObject({ turns: z.array(earlierTurn), images: z.array(z.string()) })
  .refine(hasAllImages, 'expected all images that its turns brought');
const decision = z.enum(['better', 'worse', 'undecided']);
const schema: z.ZodType<Trajectory> = z.strictObject({
  id: z.string().min(1),
  image: z.string(),
  question: z.string().min(1),
  context: context.exactOptional(),
  attempts: z
    .array(
      z.strictObject({
        response: z.string(),
        decision: decision.exactOptional(),
        feedback: feedback.exactOptional(),
      }),
    )
    .min(1),
  final: z.string(),
  stop: z.enum(['accepted', 'unchanged', 'cycle', 'max-rounds', 'budget']),
});

/** Trajectories as JSON Lines, as `readTrajectories` takes them. */
export function formatTrajectories(trajectories: readonly Trajectory[]): string {
  return trajectories.map((trajectory) => `${JSON.stringify(trajectory)}\n`).join('');
}

/**
 * Reads a file of trajectories: JSON Lines, one `Trajectory` a line. An empty file has none.
 *
 * @throws FgamError `data/missing-file` or `data/bad-json`; `rectifier/bad-trajectory` that names the line and every fault in it
 */
export async function readTrajectories(path: string): Promise<Trajectory[]> {
  return (await readJsonLines(path)).map(({ line, value }) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.map(
      ({ path: at, message }) => `${at.map(String).join('.') || 'line'}: ${message}`,
    );
    throw rectifierError(
      'rectifier/bad-trajectory',
      `readTrajectories: expected a trajectory at ${path}:${line}, got ${faults.join('; ')}; repair or remove the line`,
    );
  });
}
