/** What the questions end with, and what LLaVA puts in its place. */
const ENDINGS = ['Please answer yes or no.', 'Answer the question using a single word or phrase.'];

/**
 * What tells an MME question from all others: its task, its image and its wording. The image's folder and
 * ending are left out, and so is the request for a form of answer, as they differ from tool to tool.
 */
export function mmeQuestionId(task: string, image: string, question: string): string {
  const stem = (image.split('/').at(-1) ?? image).replace(/\.\w+$/, '');
  return `${task}/${stem} ${plainMmeQuestion(question)}`;
}

/** A question without what it says of the form of the answer, with single spaces. */
export function plainMmeQuestion(question: string): string {
  let plain = question;
  for (const ending of ENDINGS) plain = plain.replaceAll(ending, '');
  return plain.replace(/\s+/g, ' ').trim();
}
