import type { ConversationTurn, Question } from '../records.js';
import { formatLlavaBox, formatLlavaLocations, LLAVA_BOX_HINT } from './llava-boxes.js';

/**
 * Questions as LLaVA's finetuning reads them: a JSON list of conversations of one turn, `<image>`
 * in the question. Boxes are written as LLaVA's own data has them, `[0.21, 0.40, 0.55, 0.93]`:
 * left, top, right, bottom.
 *
 * @param imageOf - the image's path by the sample's id, relative to LLaVA's `--image_folder`
 * @example
 * ```ts
 * import { formatLlavaQuestions, type Question } from '@fgam/data';
 * const dog: Question = {
 *   ...{ id: 'q1', sample: '7', kind: 'existence', question: 'Is there a dog?', answer: 'no' },
 * };
 * const text = formatLlavaQuestions([dog], (sample) => `train/${sample}.jpg`);
 * const hint = 'Answer the question using a single word or phrase.';
 * const conversations = [
 *   { from: 'human', value: `<image>\nIs there a dog?\n${hint}` },
 *   { from: 'gpt', value: 'no' },
 * ];
 * const expected = [{ id: 'q1', image: 'train/7.jpg', conversations }];
 * if (JSON.stringify(JSON.parse(text)) !== JSON.stringify(expected)) throw new Error(text);
 * ```
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
 *
 * @example
 * ```ts
 * import { LLAVA_BOX_HINT, llavaQuestionTurn, type Question } from '@fgam/data';
 * const where: Question = {
 *   ...{ id: 'q1', sample: '7', kind: 'grounding', question: 'Where is the dog?', answer: 'on the left' },
 *   box: { x0: 0, y0: 0.25, x1: 0.5, y1: 1 },
 * };
 * const { question, answer } = llavaQuestionTurn(where);
 * // The box stands for the answer in words.
 * if (answer !== '[0.00, 0.25, 0.50, 1.00]') throw new Error(answer);
 * if (question !== `Where is the dog?${LLAVA_BOX_HINT}`) throw new Error(question);
 * ```
 */
export function llavaQuestionTurn({ kind, question, answer, box }: Question): ConversationTurn {
  const location = box ? formatLlavaBox(box) : formatLlavaLocations(answer);
  const isBox = kind === 'grounding' || location !== answer;
  const hint = isBox ? LLAVA_BOX_HINT : kind === 'caption' ? '' : SHORT;
  return { question: `${question}${hint}`, answer: location };
}

/** What LLaVA-1.5's data says of short answers. */
const SHORT = '\nAnswer the question using a single word or phrase.';
