import { saveJson } from '../answers/save-json.js';
import type { BenchmarkAnswers } from '../benchmark-task.js';

/**
 * Saves answers as LLaVA does, `{question_id, text}` a line of `<name>.jsonl`, for benchmarks whose official
 * format has scores or boxes and no texts.
 */
export async function saveTexts(
  answers: BenchmarkAnswers,
  folder: string,
  name: `${string}.jsonl`,
): Promise<readonly string[]> {
  return saveJson(
    folder,
    name,
    [...answers].map(([id, text]) => ({ question_id: id, text })),
  );
}
