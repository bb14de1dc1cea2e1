import { type FgamModel, type PretrainedModel, visionGrid } from '@fgam/models';
import {
  formatCriticPrompt,
  formatEvidencePrompt,
  formatPrompt as formatByTemplate,
  PAPER_PROMPT,
  type PromptTemplate,
  type Revision,
} from '@fgam/rectifier';
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

/** Prompts that fit a compact model, in the paper's template. */
export function fittedPrompts(model: CompactModel): FittedPrompts {
  return promptsThatFit(fitsCompact(model), PAPER_PROMPT);
}

type CompactModel = Pick<FgamModel, 'tokenizer' | 'config'>;

/** Whether a compact model has room for a prompt and an answer; it keeps that of an image, even where there is none. */
function fitsCompact({ tokenizer, config }: CompactModel): (prompt: string) => boolean {
  const room = config.text_config.max_position_embeddings - visionGrid(config).visualTokens - ANSWER_TOKENS;
  return (prompt) => tokenizer.encode(prompt).length <= room;
}

/**
 * Prompts of a compact module that reads evidence: of one that is too long the evidence is cut at its end,
 * where the least sure is.
 */
export function fittedEvidencePrompts(model: CompactModel): {
  readonly formatPrompt: (evidence: string, question: string, response: string) => string;
  readonly report: () => void;
} {
  const fits = fitsCompact(model);
  let cut = 0;
  return {
    formatPrompt(evidence, question, response) {
      const whole = formatEvidencePrompt(evidence, question, response);
      if (fits(whole)) return whole;
      cut += 1;
      const short = cutWords(evidence, (text) => fits(formatEvidencePrompt(text, question, response)));
      if (short !== '') return formatEvidencePrompt(short, question, response);
      const said = cutWords(response, (text) => fits(formatEvidencePrompt('', question, text)));
      return formatEvidencePrompt('', question, said);
    },
    report: () => sayCut(cut),
  };
}

/**
 * Prompts that fit a checkpoint: half of its positions are kept for images and the chat template, and what
 * its vision side reads of a prompt is kept to.
 */
export function fittedPretrainedPrompts(
  { tokenizer, instructionTokenizer, family }: PretrainedModel,
  template: PromptTemplate,
): FittedPrompts {
  const room = family.config.text_config.max_position_embeddings / 2 - ANSWER_TOKENS;
  const seen = family.instruction?.length ?? Number.POSITIVE_INFINITY;
  return promptsThatFit(
    (prompt) =>
      tokenizer.encode(prompt).length <= room && (instructionTokenizer?.encode(prompt).length ?? 0) <= seen,
    template,
  );
}

/**
 * Prompts that fit a model: of a revision the feedback is cut at its end, then the response, whole words at a
 * time; of a critic's the response. A model that runs on and on would otherwise end the evaluation of all
 * questions at its longest answer.
 */
function promptsThatFit(fits: (prompt: string) => boolean, template: PromptTemplate): FittedPrompts {
  const formatPrompt = (question: string, revision?: Revision): string =>
    formatByTemplate(question, revision, { template });
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
    report: () => sayCut(cut),
  };
}

function sayCut(cut: number): void {
  if (cut > 0) say(`warning: ${cut} prompts were longer than the model reads and were cut`);
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
