import { type BootstrapOptions, type Interval, ratioInterval } from './bootstrap.js';

/** What a critic said of one response, against the truth. */
export interface CriticJudgement {
  /** Rows of one group (an image) are resampled together. */
  readonly group: string;
  /** Types of error that the response really has; none where it is right. */
  readonly wrong: readonly string[];
  /** Types of error that the critic finds in it; none where it accepts. */
  readonly found: readonly string[];
}

/** How often a critic is right about one type of error. */
export interface CriticScore {
  /** A type of error; `any` for the verdict alone: whether something is wrong, of whatever type. */
  readonly type: string;
  /** Responses that have the error. */
  readonly wrong: number;
  /** Responses in which the critic finds it. */
  readonly found: number;
  /** Responses that have it and in which the critic finds it. */
  readonly both: number;
  /** `both / found`: of what it refuses, how much is wrong. NaN where it finds nothing. */
  readonly precision: number;
  /** `both / wrong`: of what is wrong, how much it refuses. NaN where nothing is wrong. */
  readonly recall: number;
  /** 95 % by a bootstrap over groups; `[NaN, NaN]` where there is nothing to divide by. */
  readonly precisionInterval: Interval;
  readonly recallInterval: Interval;
}

/**
 * Precision and recall of a critic, by type of error: does it refuse what is wrong, and for what is wrong with it.
 *
 * @returns `any` first, then the types that occur, in alphabetical order
 * @throws FgamError `bench/bad-input` for an option out of range
 * @example
 * ```ts
 * import { criticScores } from '@fgam/bench';
 *
 * const [any, attribute] = criticScores([
 *   { group: '1', wrong: ['attribute'], found: ['attribute'] },
 *   { group: '2', wrong: ['attribute'], found: [] },
 *   { group: '3', wrong: [], found: ['object'] },
 * ]);
 * if (any?.precision !== 0.5 || any.recall !== 0.5) throw new Error('wrong verdicts');
 * if (attribute?.precision !== 1 || attribute.recall !== 0.5) throw new Error('wrong types');
 * ```
 */
export function criticScores(
  judgements: readonly CriticJudgement[],
  options: BootstrapOptions = {},
): CriticScore[] {
  const groups = judgements.map(({ group }) => group);
  const types = [...new Set(judgements.flatMap(({ wrong, found }) => [...wrong, ...found]))].sort();
  const score = (type: string, has: (list: readonly string[]) => boolean): CriticScore => {
    const column = (test: (judgement: CriticJudgement) => boolean): number[] =>
      judgements.map((judgement) => (test(judgement) ? 1 : 0));
    const wrong = column((judgement) => has(judgement.wrong));
    const found = column((judgement) => has(judgement.found));
    const both = wrong.map((is, row) => is * (found[row] ?? 0));
    return {
      type,
      wrong: sum(wrong),
      found: sum(found),
      both: sum(both),
      precision: sum(both) / sum(found),
      recall: sum(both) / sum(wrong),
      precisionInterval: ratioInterval(both, found, groups, options),
      recallInterval: ratioInterval(both, wrong, groups, options),
    };
  };
  return [
    score('any', (list) => list.length > 0),
    ...types.map((type) => score(type, (list) => list.includes(type))),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
