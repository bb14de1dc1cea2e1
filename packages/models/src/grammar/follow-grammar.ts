import type { TokenGrammar } from './token-grammar.js';

/** Where a text is in its grammar. */
export interface GrammarPlace {
  /** Whether a token may be said next, where so many may be said from here on: what follows it must have room to end the text. */
  allows(token: number, left: number): boolean;
  mayEnd(): boolean;
  /** Whether nothing can be said in so many tokens. */
  isOver(left: number): boolean;
  take(token: number): void;
}

/** Follows a text token by token. */
export function followGrammar({ start, next, rest, restBeyond }: TokenGrammar): GrammarPlace {
  let state = start;
  return {
    allows(token, left) {
      const after = next(state, token);
      return after >= 0 && rest(after) < left;
    },
    mayEnd: () => rest(state) === 0,
    isOver: (left) => restBeyond(state) > left,
    take(token) {
      state = next(state, token);
    },
  };
}
