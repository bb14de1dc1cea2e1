import { LRUCache } from 'lru-cache';
import { createByteStates } from './byte-states.js';
import { patternStates } from './pattern-states.js';
import type { TokenBytes } from './token-bytes.js';
import {
  createTokenGrammar,
  type SortedVocabulary,
  sortVocabulary,
  type TokenGrammar,
} from './token-grammar.js';

/** Patterns whose grammars are kept. */
const KEPT = 16;

/**
 * Grammars of patterns for one vocabulary, each made once.
 *
 * @param size - one more than the largest token
 * @returns a function that throws as {@link patternStates} does
 */
export function createPatternGrammars(size: number, bytesOf: TokenBytes): (pattern: string) => TokenGrammar {
  const kept = new LRUCache<string, TokenGrammar>({ max: KEPT });
  let vocabulary: SortedVocabulary | undefined;
  return (pattern) => {
    const known = kept.get(pattern);
    if (known !== undefined) return known;
    const states = createByteStates(patternStates(pattern));
    vocabulary ??= sortVocabulary(size, bytesOf);
    const grammar = createTokenGrammar(states, vocabulary);
    kept.set(pattern, grammar);
    return grammar;
  };
}
