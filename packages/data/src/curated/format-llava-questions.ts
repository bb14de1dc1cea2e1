import type { BoxUnit, Question } from '../records.js';

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
      { from: 'human', value: `<image>\n${question}${kind === 'grounding' ? GIVE_BOX : SHORT}` },
      { from: 'gpt', value: box ? boxWords(box) : answer },
    ],
  }));
  return `${JSON.stringify(records, undefined, 1)}\n`;
}

/** What LLaVA-1.5's data says of short answers and boxes. */
const SHORT = '\nAnswer the question using a single word or phrase.';
const GIVE_BOX = '\nPlease provide the bounding box coordinate of the region.';

function boxWords({ x0, y0, x1, y1 }: BoxUnit): string {
  return `[${[x0, y0, x1, y1].map((value) => value.toFixed(2)).join(', ')}]`;
}
