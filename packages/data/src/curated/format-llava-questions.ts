import type { ConversationTurn, Question } from '../records.js';
import { formatLlavaBox, formatLlavaLocations, LLAVA_BOX_HINT } from './llava-boxes.js';

/**
 * Questions as LLaVA's finetuning reads them: a JSON list of conversations of one turn, `<image>`
 * in the question. Boxes are written as LLaVA's own data has them, `[0.21, 0.40, 0.55, 0.93]`:
 * left, top, right, bottom.
 *
 * @param imageOf - the image's path by the sample's id, relative to LLaVA's `--image_folder`
 */
export function formatLlavaQuestions(
  questions: readonly Question[],
  imageOf: (sample: string) => string,
): string {
  const records = questions.map((each) => {
    const { question, answer } = llavaQuestionTurn(each);
    return {
      id: each.id,
      image: imageOf(each.sample),
      conversations: [
        { from: 'human', value: `<image>\n${question}` },
        { from: 'gpt', value: answer },
      ],
    };
  });
  return `${JSON.stringify(records, undefined, 1)}\n`;
}

/**
 * A question and its answer in the words of LLaVA-1.5's data, which says what form of answer is wanted;
 * captions are asked for without.
 */
export function llavaQuestionTurn({ kind, question, answer, box }: Question): ConversationTurn {
  const location = box ? formatLlavaBox(box) : formatLlavaLocations(answer);
  const isBox = kind === 'grounding' || location !== answer;
  const hint = isBox ? LLAVA_BOX_HINT : kind === 'caption' ? '' : SHORT;
  return { question: `${question}${hint}`, answer: location };
}

/** What LLaVA-1.5's data says of short answers. */
const SHORT = '\nAnswer the question using a single word or phrase.';
