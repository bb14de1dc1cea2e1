import { type FgamModel, visionGrid } from '@fgam/models';
import { formatCriticPrompt, formatPrompt, type Revision } from '@fgam/rectifier';
import { say } from '../output.js';

/** Tokens that an answer or feedback may take. */
const ANSWER_TOKENS = 96;

/** The prompts of the loop, cut to what a model can read. */
export interface FittedPrompts {
  readonly formatPrompt: (question: string, revision?: Revision) => string;
  readonly formatCriticPrompt: (question: string, response: string) => string;
  /** Says how many prompts were cut, where any were. */
  readonly report: () => void;
}

/**
 * Prompts that fit a model: of a revision the feedback is cut at its end, then the response, whole words at a time; of a critic's the
 * response. A model that runs on and on would otherwise end the evaluation of all questions at its longest answer.
 */
export function fittedPrompts({ tokenizer, config }: Pick<FgamModel, 'tokenizer' | 'config'>): FittedPrompts {
  const room = config.text_config.max_position_embeddings - visionGrid(config).visualTokens - ANSWER_TOKENS;
  const fits = (prompt: string): boolean => tokenizer.encode(prompt).length <= room;
  let cut = 0;
  return {
    formatPrompt(question, revision) {
      const whole = formatPrompt(question, revision);
      if (revision === undefined || fits(whole)) return whole;
      cut += 1;
      const { response, feedback } = revision;
      const short = cutWords(feedback, (text) => fits(formatPrompt(question, { response, feedback: text })));
      if (short !== '') return formatPrompt(question, { response, feedback: short });
      return formatPrompt(question, {
        response: cutWords(response, (text) =>
          fits(formatPrompt(question, { response: text, feedback: '' })),
        ),
        feedback: '',
      });
    },
    formatCriticPrompt(question, response) {
      const whole = formatCriticPrompt(question, response);
      if (fits(whole)) return whole;
      cut += 1;
      return formatCriticPrompt(
        question,
        cutWords(response, (text) => fits(formatCriticPrompt(question, text))),
      );
    },
    report() {
      if (cut > 0) say(`warning: ${cut} prompts were longer than the model reads and were cut`);
    },
  };
}

/** The most words from the start that fit; none where even one does not. */
function cutWords(text: string, fits: (text: string) => boolean): string {
  const words = text.split(/\s+/);
  let [fitting, failing] = [0, words.length];
  while (failing - fitting > 1) {
    const middle = Math.floor((fitting + failing) / 2);
    if (fits(words.slice(0, middle).join(' '))) fitting = middle;
    else failing = middle;
  }
  return words.slice(0, fitting).join(' ');
}
