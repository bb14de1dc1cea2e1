import type { CriticKind } from '../quickstart/critics.js';
import { groupBy } from '../group-by.js';
import type { Family } from '../recipes/families.js';
import type { Metrics } from './round-metrics.js';
import { type Spread, spread } from './spread.js';

/** One family's rows of one seed. */
export interface SeedResult {
  readonly family: Family;
  readonly seed: number;
  readonly loops: readonly SeedLoop[];
  readonly validation: readonly { readonly variant: string; readonly metrics: Metrics }[];
}

/** What a row's loop with one critic came to. */
export interface SeedLoop {
  readonly variant: string;
  readonly critic: CriticKind;
  /** After 0, 1, ... K rounds. */
  readonly rounds: readonly Metrics[];
  /** On the first answers: as the critic comes, and with its thresholds. Empty for critics that see the truth. */
  readonly judgements: readonly SeedJudgement[];
}

/** How often a critic is right, by type of error. */
export interface SeedJudgement {
  readonly isCalibrated: boolean;
  /** Answers that are wrong, that it refuses, and both: positives, predicted positives, true positives. */
  readonly scores: readonly {
    readonly type: string;
    readonly wrong: number;
    readonly found: number;
    readonly both: number;
  }[];
}

/** A row after some rounds of its loop, over the seeds of a family. */
export interface PaperResult {
  readonly family: Family;
  readonly variant: string;
  readonly critic: CriticKind;
  /** Rounds of the loop, from 0: the first answers. */
  readonly rounds: number;
  readonly metrics: Readonly<Record<string, Spread>>;
}

/** How often a row's critic is right about a type of error in the row's first answers, over the seeds of a family. */
export interface CriticResult {
  readonly family: Family;
  readonly variant: string;
  readonly critic: CriticKind;
  /** With the thresholds of the validation scenes, as the loop uses it, or as it comes. */
  readonly isCalibrated: boolean;
  readonly type: string;
  /**
   * Of what it refuses, the share that is wrong, and of what is wrong, the share that it refuses; over the
   * seeds where there is something to divide by.
   */
  readonly precision?: Spread;
  readonly recall?: Spread;
  /** Answers that are wrong, that it refuses, and both, one number a seed. */
  readonly wrong: readonly number[];
  readonly found: readonly number[];
  readonly both: readonly number[];
}

/** What errors are reduced: by how many percent of the base's, by name and by the metric that is compared. */
const REDUCTIONS: Readonly<Record<string, string>> = {
  'reduction.object': 'error.object',
  'reduction.attribute': 'error.attribute',
  'reduction.relation': 'error.relation',
  'reduction.reasoning': 'error.reasoning',
  'reduction.grounding': 'error.grounding',
  'reduction.captionObject': 'caption.objectHallucination',
  'reduction.captionAttribute': 'caption.attributeHallucination',
  'reduction.captionRelation': 'caption.relationHallucination',
};

/**
 * Metrics of each row, critic and round over the seeds; with what errors are reduced by against the first
 * answers of the seed's base.
 */
export function collectResults(results: readonly SeedResult[], base: string): PaperResult[] {
  const entries = results.flatMap(({ family, loops }) => {
    const reference = loops.find(({ variant }) => variant === base)?.rounds[0] ?? {};
    return loops.flatMap(({ variant, critic, rounds }) =>
      rounds.map((metrics, k) => ({
        row: { family, variant, critic, rounds: k },
        metrics: { ...metrics, ...reductionsOf(metrics, reference) },
      })),
    );
  });
  return spreadsOfRows(entries);
}

/** First answers on validation scenes, by which settings may be chosen. */
export function collectValidation(results: readonly SeedResult[]): {
  readonly family: Family;
  readonly variant: string;
  readonly metrics: Readonly<Record<string, Spread>>;
}[] {
  const entries = results.flatMap(({ family, validation }) =>
    validation.map(({ variant, metrics }) => ({ row: { family, variant }, metrics })),
  );
  return spreadsOfRows(entries);
}

/** Each row once, with its metrics over the seeds. */
function spreadsOfRows<Row>(
  entries: readonly { readonly row: Row; readonly metrics: Metrics }[],
): (Row & { readonly metrics: Record<string, Spread> })[] {
  return groupBy(entries, ({ row }) => JSON.stringify(row)).flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ ...first.row, metrics: spreads(group.map(({ metrics }) => metrics)) }];
  });
}

/** Precision and recall of each row's critics over the seeds. */
export function collectCritics(results: readonly SeedResult[]): CriticResult[] {
  const entries = results.flatMap(({ family, loops }) =>
    loops.flatMap(({ variant, critic, judgements }) =>
      judgements.map(({ isCalibrated, scores }) => ({
        row: { family, variant, critic, isCalibrated },
        scores,
      })),
    ),
  );
  return groupBy(entries, ({ row }) => JSON.stringify(row)).flatMap((group): CriticResult[] => {
    const types = [...new Set(group.flatMap(({ scores }) => scores.map(({ type }) => type)))];
    return types.flatMap((type) => {
      const [first] = group;
      if (first === undefined) return [];
      // A type that no answer of a seed has is nowhere wrong there and nowhere found.
      const none = { type, wrong: 0, found: 0, both: 0 };
      const scores = group.map((each) => each.scores.find((score) => score.type === type) ?? none);
      const column = (name: 'wrong' | 'found' | 'both'): number[] => scores.map((score) => score[name]);
      const share = (name: 'precision' | 'recall', of: 'found' | 'wrong'): Partial<CriticResult> => {
        const values = scores.map((score) => score.both / score[of]).filter(Number.isFinite);
        return values.length === 0 ? {} : { [name]: spread(values) };
      };
      return [
        {
          ...first.row,
          type,
          ...share('precision', 'found'),
          ...share('recall', 'wrong'),
          wrong: column('wrong'),
          found: column('found'),
          both: column('both'),
        },
      ];
    });
  });
}

function reductionsOf(metrics: Metrics, reference: Metrics): Metrics {
  return Object.fromEntries(
    Object.entries(REDUCTIONS).flatMap(([name, metric]) => {
      const [now, before = 0] = [metrics[metric], reference[metric]];
      return now === undefined || before <= 0 ? [] : [[name, 100 * (1 - now / before)]];
    }),
  );
}

/** A metric that a seed lacks has no mean over seeds. */
function spreads(metrics: readonly Metrics[]): Record<string, Spread> {
  const names = Object.keys(metrics[0] ?? {});
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = metrics.flatMap((each) => each[name] ?? []);
      return values.length < metrics.length ? [] : [[name, spread(values)] as const];
    }),
  );
}
