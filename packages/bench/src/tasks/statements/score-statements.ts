import type { PredictedRow } from '../align-rows.js';
import { asCategories, creditRows, creditsOf } from '../answers/credit-rows.js';
import { meanCredit } from '../answers/mean-credit.js';
import { percent, percentByCategory } from '../answers/percent.js';
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
 * Accuracy in percent over statements, overall and for each relation: right where the verdict is the label.
 * An answer that is no verdict is wrong and listed.
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
    ...meanCredit('accuracy', rows, {
      groupOf: ({ image }) => image,
      truthOf: ({ label }) => String(label),
      seed: input.seed,
    }),
    notes: [],
  };
}
