import { splitWords } from '../answers/python-text.js';
import { processPunctuation } from '../short-answers/normalise-answer.js';

/**
 * VLMEvalKit's reading of a yes/no answer: `yes` or `no` as a word of its own, and not the other, after the
 * VQA code's rule for punctuation, which VLMEvalKit took over.
 */
export function parseYesNoWords(text: string): 'yes' | 'no' | undefined {
  const words = splitWords(processPunctuation(text.toLowerCase()));
  const [yes, no] = [words.includes('yes'), words.includes('no')];
  return yes === no ? undefined : yes ? 'yes' : 'no';
}
