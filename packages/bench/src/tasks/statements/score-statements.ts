import type { PredictedRow } from '../align-rows.js';
import { asCategories, creditRows, creditsOf, scoredRows } from '../answers/credit-rows.js';
import { percent, percentByCategory } from '../answers/percent.js';
import { percentInterval } from '../answers/percent-interval.js';
import type { BenchmarkScore, ScoreInput } from '../benchmark-task.js';
import { parseVerdict } from './parse-verdict.js';

/** A statement about an image that holds or not. */
export interface Statement {
  readonly id: string;
  readonly image: string;
  readonly relation: string;
  readonly label: boolean;
}

/**
 * Accuracy in percent over statements, overall and for each relation: right where the verdict is the label. An answer that is no verdict is wrong and
 * listed.
 *
 * @throws FgamError as `alignRows`
 */
export function scoreStatements(
  task: string,
  dialect: string,
  items: readonly Statement[],
  predictions: readonly PredictedRow<string>[],
  input: Pick<ScoreInput, 'allowMissing' | 'seed'>,
): BenchmarkScore {
  const { rows, base } = creditRows(
    {
      ...{ task, dialect, items, predictions },
      creditOf: (item, answer) => (parseVerdict(answer) === item.label ? 1 : 0),
      isParsable: (_, answer) => parseVerdict(answer) !== undefined,
    },
    input,
  );
  const perPredicate = percentByCategory(
    rows,
    ({ credit }) => credit,
    ({ item }) => item.relation,
  );
  return {
    ...base,
    metrics: { accuracy: percent(creditsOf(rows)), perPredicate },
    byCategory: asCategories(perPredicate, 'accuracy'),
    interval: {
      accuracy: percentInterval(
        creditsOf(rows),
        rows.map(({ item }) => item.image),
        { seed: input.seed ?? 0 },
      ),
    },
    rows: {
      accuracy: scoredRows(
        rows,
        ({ image }) => image,
        ({ label }) => String(label),
      ),
    },
    notes: [],
  };
}
