import type { TokenGrammar } from './token-grammar.js';

/** Where a text is in its grammar. */
export interface GrammarPlace {
  /**
   * Whether a token may be said next, where so many may be said from here on: what follows it must
   * have room to end the text.
   */
  allows(token: number, left: number): boolean;
  mayEnd(): boolean;
  /** Whether nothing can be said in so many tokens. */
  isOver(left: number): boolean;
  take(token: number): void;
}

/** Follows a text token by token. */
export function followGrammar(grammar: TokenGrammar): GrammarPlace {
  let state = grammar.start;
  return {
    allows(token, left) {
      const after = grammar.next(state, token);
      return after >= 0 && grammar.rest(after) < left;
    },
    mayEnd: () => grammar.rest(state) === 0,
    isOver: (left) => grammar.restBeyond(state) > left,
    take(token) {
      state = grammar.next(state, token);
    },
  };
}
