import { DFA, JS, NFA } from 'refa';

/** Characters that lead from one state of a pattern to another. */
interface Edge {
  /** First and last code point. */
  readonly min: number;
  readonly max: number;
  readonly to: number;
}

/** A pattern as an automaton without dead ends. State 0 is the start. */
export interface PatternStates {
  /** Out of each state, by code point. */
  readonly edges: readonly (readonly Edge[])[];
  /** Whether a text may end there. */
  readonly isEnd: readonly boolean[];
}

/**
 * The smallest automaton of a JavaScript regular expression (flag u) that a whole text matches.
 *
 * @throws SyntaxError for what is no regular expression; an Error for assertions, for back references to what
 * is not constant, and where it has too many states
 */
export function patternStates(pattern: string): PatternStates {
  const parser = JS.Parser.fromLiteral({ source: pattern, flags: 'u' });
  const { expression, maxCharacter } = parser.parse({ assertions: 'throw', backreferences: 'throw' });
  const automaton = DFA.fromFA(NFA.fromRegex(expression, { maxCharacter }));
  automaton.minimize();
  const nodes = [automaton.initial, ...[...automaton.nodes()].filter((node) => node !== automaton.initial)];
  const indexOf = new Map(nodes.map((node, i) => [node, i]));
  return {
    edges: nodes.map((node) =>
      [...node.out].map(([{ min, max }, to]) => ({ min, max, to: indexOf.get(to) ?? 0 })),
    ),
    isEnd: nodes.map((node) => automaton.finals.has(node)),
  };
}
