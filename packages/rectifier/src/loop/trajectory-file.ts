import {
  type Feedback,
  listFaults,
  type QuestionContext,
  streamJsonLines,
  type Trajectory,
} from '@fgam/data';
import { z } from 'zod';
import { ISSUE_KINDS } from '../feedback/feedback-grammar.js';
import { rectifierError } from '../error.js';
import { hasAllImages } from './has-all-images.js';

// Whatever a loop takes of a critic is read back, with fields of the critic's own.
const edge = z.number();
const box = z.looseObject({ x0: edge, y0: edge, x1: edge, y1: edge });
const confidence = z.number().min(0).max(1).exactOptional();
const issue = z.looseObject({
  kind: z.enum(ISSUE_KINDS),
  claim: z.string(),
  correction: z.string().exactOptional(),
  evidence: z.looseObject({ boxes: z.array(box), score: z.number() }).exactOptional(),
  by: z.array(z.string()).exactOptional(),
});
const feedback: z.ZodType<Feedback> = z.discriminatedUnion('verdict', [
  z.looseObject({ verdict: z.literal('accept'), confidence }),
  z.looseObject({ verdict: z.literal('revise'), issues: z.array(issue), text: z.string(), confidence }),
]);
const earlierTurn = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  text: z.string(),
  images: z.int().min(0).exactOptional(),
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
  stop: z.enum(['accepted', 'unchanged', 'cycle', 'max-rounds', 'budget', 'degraded']),
});

/**
 * Trajectories as JSON Lines, as `readTrajectories` takes them.
 *
 * @example
 * ```ts
 * import { formatTrajectories } from '@fgam/rectifier';
 *
 * const attempts = [{ response: 'no', feedback: { verdict: 'accept' } }] as const;
 * const story = { image: 'a.png', question: 'is there a cat ?', attempts, final: 'no', stop: 'accepted' } as const;
 * const text = formatTrajectories([{ id: '1', ...story }, { id: '2', ...story }]);
 * const [first, second, ...rest] = text.split('\n');
 * if (JSON.parse(first ?? '').id !== '1' || JSON.parse(second ?? '').final !== 'no') throw new Error(text);
 * if (rest.join() !== '') throw new Error('one a line');
 * ```
 */
export function formatTrajectories(trajectories: readonly Trajectory[]): string {
  return trajectories.map((trajectory) => `${JSON.stringify(trajectory)}\n`).join('');
}

/**
 * Streams a file of trajectories of any size: JSON Lines, one `Trajectory` a line. An empty file has none.
 *
 * @throws FgamError `data/missing-file` or `data/bad-json`; `rectifier/bad-trajectory` that names the
 * line and every fault in it
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { formatTrajectories, streamTrajectories } from '@fgam/rectifier';
 * const path = join(await mkdtemp(join(tmpdir(), 'trajectories-')), 'a.jsonl');
 * const attempts = [{ response: 'no', feedback: { verdict: 'accept' } }] as const;
 * const trajectory = { id: '1', image: 'a.png', question: 'is there a cat ?', attempts, final: 'no', stop: 'accepted' } as const;
 * await writeFile(path, formatTrajectories([trajectory]));
 * for await (const { final } of streamTrajectories(path)) if (final !== 'no') throw new Error(final);
 * ```
 */
export function streamTrajectories(path: string): AsyncGenerator<Trajectory, void, undefined> {
  return parsedLines(path, 'streamTrajectories');
}

async function* parsedLines(path: string, fn: string): AsyncGenerator<Trajectory, void, undefined> {
  for await (const { line, value } of streamJsonLines(path)) {
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw rectifierError(
        'rectifier/bad-trajectory',
        `${fn}: expected a trajectory at ${path}:${line}, got ${listFaults(parsed.error, 'line').join('; ')}; repair or remove the line`,
      );
    yield parsed.data;
  }
}

/**
 * Reads a file of trajectories whole.
 *
 * @throws FgamError as `streamTrajectories`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { formatTrajectories, readTrajectories } from '@fgam/rectifier';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'trajectories-')), 'a.jsonl');
 * const attempts = [{ response: 'yes' }, { response: 'no' }];
 * const asked = { id: '1', image: 'a.png', question: 'is there a cat ?' };
 * const story = { ...asked, attempts, final: 'no', stop: 'max-rounds' } as const;
 * await writeFile(path, formatTrajectories([story]));
 * const [read] = await readTrajectories(path);
 * if (read?.stop !== 'max-rounds' || read.attempts[1]?.response !== 'no') throw new Error(read?.stop);
 * // A line that is no trajectory is refused, with its place.
 * await writeFile(path, `${JSON.stringify({ ...story, attempts: [] })}\n`);
 * const refusal = await readTrajectories(path).catch(String);
 * if (!String(refusal).includes(`${path}:1`)) throw new Error('a trajectory has an attempt');
 * ```
 */
export async function readTrajectories(path: string): Promise<Trajectory[]> {
  const trajectories: Trajectory[] = [];
  for await (const trajectory of parsedLines(path, 'readTrajectories')) trajectories.push(trajectory);
  return trajectories;
}
