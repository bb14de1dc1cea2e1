import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';
import type { BenchmarkAnswers } from '../benchmark-task.js';

/** Saves answers as LLaVA does, `{question_id, text}` a line, for benchmarks whose official format has scores or boxes and no texts. */
export async function saveTexts(
  answers: BenchmarkAnswers,
  folder: string,
  name: string,
): Promise<readonly string[]> {
  await makeFolder(folder);
  const file = join(folder, name);
  const rows = [...answers].map(([id, text]) => `${JSON.stringify({ question_id: id, text })}\n`);
  await writeAtomic(file, rows.join(''));
  return [file];
}
