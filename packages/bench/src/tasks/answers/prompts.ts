/**
 * The line that LLaVA-1.5 adds to questions that are answered in a word (arXiv:2310.03744,
 * section 3.2 and appendix A).
 */
export const SHORT_ANSWER = 'Answer the question using a single word or phrase.';

/** The line that LLaVA-1.5 adds to questions with choices (same source). */
export const CHOICE_LETTER = "Answer with the option's letter from the given choices directly.";

/** A question with its choices as lettered lines, as LLaVA-1.5 asks it. */
export function choicePrompt(question: string, choices: readonly string[], hint = ''): string {
  const lines = choices.map((choice, index) => `${choiceLetter(index)}. ${choice}`);
  return [...(hint === '' ? [] : [hint]), question, ...lines, CHOICE_LETTER].join('\n');
}

/** 0 -> A. */
export function choiceLetter(index: number): string {
  return String.fromCharCode(0x41 + index);
}
