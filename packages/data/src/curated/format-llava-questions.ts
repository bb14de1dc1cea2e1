import type { Question } from '../records.js';
import { formatLlavaBox, LLAVA_BOX_HINT } from './llava-boxes.js';

/**
 * Questions as LLaVA's finetuning reads them: a JSON list of conversations of one turn, `<image>` in the question. Boxes are written as LLaVA's own
 * data has them, `[0.21, 0.40, 0.55, 0.93]`: left, top, right, bottom.
 *
 * @param imageOf - the image's path by the sample's id, relative to LLaVA's `--image_folder`
 */
export function formatLlavaQuestions(
  questions: readonly Question[],
  imageOf: (sample: string) => string,
): string {
  const records = questions.map(({ id, sample, kind, question, answer, box }) => ({
    id,
    image: imageOf(sample),
    conversations: [
      { from: 'human', value: `<image>\n${question}${kind === 'grounding' ? LLAVA_BOX_HINT : SHORT}` },
      { from: 'gpt', value: box ? formatLlavaBox(box) : answer },
    ],
  }));
  return `${JSON.stringify(records, undefined, 1)}\n`;
}

/** What LLaVA-1.5's data says of short answers. */
const SHORT = '\nAnswer the question using a single word or phrase.';
