import { z } from 'zod';
import { FgamError } from './error.js';
import { readJsonLines } from './json-lines.js';
import { listFaults } from './list-faults.js';
import { CURATED_TYPES, type Question, QUESTION_KINDS } from './records.js';

const edge = z.number().min(0).max(1);
const box = z.strictObject({ x0: edge, y0: edge, x1: edge, y1: edge });
const questionSchema = z.strictObject({
  id: z.string().min(1),
  sample: z.string().min(1),
  kind: z.enum(QUESTION_KINDS),
  setting: z.enum(['random', 'popular', 'adversarial']).exactOptional(),
  question: z.string().min(1),
  answer: z.string().min(1),
  box: box.exactOptional(),
  truth: z
    .strictObject({
      type: z.enum(CURATED_TYPES),
      fact: z.string().min(1),
      wrong: z.array(z.string().min(1)).min(1),
      steps: z.array(z.string().min(1)).min(1),
      regions: z.array(z.string()),
      boxes: z.array(box),
      rule: z.enum(['annotated', 'geometry', 'annotated and geometry']),
    })
    .exactOptional(),
});

/**
 * Reads a question file: JSON Lines, one `Question` a line.
 *
 * @param path - such as the `questions.jsonl` of a scenes folder
 * @throws FgamError `data/missing-file`, `data/bad-json` or `data/bad-record` (both name the line),
 * `data/duplicate-id`, `data/empty`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { formatQuestions, isFgamError, readQuestions } from '@fgam/data';
 * const path = join(await mkdtemp(join(tmpdir(), 'questions-')), 'questions.jsonl');
 * const kind = 'existence';
 * const dog = { id: '1', sample: '7', kind, question: 'is there a dog ?', answer: 'no' } as const;
 * await writeFile(path, formatQuestions([dog, { ...dog, id: '2', question: 'is there a cat ?' }]));
 * const questions = await readQuestions(path);
 * if (questions[1]?.question !== 'is there a cat ?') throw new Error(JSON.stringify(questions));
 * await writeFile(path, formatQuestions([dog, dog]));
 * const error = await readQuestions(path).catch((error: unknown) => error);
 * if (!isFgamError(error) || error.code !== 'data/duplicate-id') throw error;
 * ```
 */
export async function readQuestions(path: string): Promise<Question[]> {
  const lineOfId = new Map<string, number>();
  const questions = (await readJsonLines(path)).map(({ line, value }) => {
    const question = checkQuestion(value, `${path}:${line}`);
    const before = lineOfId.get(question.id);
    if (before !== undefined)
      throw new FgamError(
        'data/duplicate-id',
        `readQuestions: expected each id once, got ${question.id} in lines ${before} and ${line} of ${path}; ` +
          'give each question an id of its own',
      );
    lineOfId.set(question.id, line);
    return question;
  });
  if (questions.length === 0)
    throw new FgamError('data/empty', `readQuestions: expected at least one question, got none in ${path}`);
  return questions;
}

/**
 * Questions as JSON Lines, as `readQuestions` takes them.
 *
 * @example
 * ```ts
 * import { formatQuestions } from '@fgam/data';
 * const kind = 'existence';
 * const question = { id: '1', sample: '7', kind, question: 'is there a dog ?', answer: 'no' } as const;
 * const text = formatQuestions([question, { ...question, id: '2' }]);
 * const lines = text.trimEnd().split('\n');
 * if (!text.endsWith('\n') || lines.length !== 2) throw new Error(text);
 * if (lines[1] !== JSON.stringify({ ...question, id: '2' })) throw new Error(lines[1]);
 * ```
 */
export function formatQuestions(questions: readonly Question[]): string {
  return questions.map((question) => `${JSON.stringify(question)}\n`).join('');
}

function checkQuestion(value: unknown, where: string): Question {
  const parsed = questionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new FgamError(
    'data/bad-record',
    `readQuestions: expected a question at ${where}, got ${listFaults(parsed.error, 'line').join('; ')}; repair or remove the line`,
  );
}
