import type { Tokenizer } from '@fgam/models';
import { say } from '../output.js';
import { unknownWarning, unknownWords } from './unknown-words.js';

/** Says which words of some texts a model does not know, where there are such. */
export function warnUnknown(what: string, tokenizer: Tokenizer, texts: readonly string[]): void {
  const warning = unknownWarning(what, unknownWords(tokenizer, texts));
  if (warning !== undefined) say(`warning: ${warning}`);
}
