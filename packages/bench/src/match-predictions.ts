import { benchError, listIds } from './error.js';

/** An answer with the id of what it answers. */
export interface Prediction {
  readonly id: string;
  readonly answer: string;
}

/** What is wrong with a prediction file, by id. */
export interface PredictionFaults {
  /** Asked for and not answered. */
  readonly missing: readonly string[];
  /** Answered more than once; counted as wrong, as neither answer is the answer. */
  readonly duplicate: readonly string[];
  /** Answered and not asked for. */
  readonly unknown: readonly string[];
  /** Not of the form asked for; counted as wrong. */
  readonly unparsable: readonly string[];
}

/** Items in the order of the truth, with their answers, and what was wrong. */
export interface MatchedPredictions<Item> {
  readonly rows: readonly { readonly item: Item; readonly answer: string | undefined }[];
  readonly faults: PredictionFaults;
}

/**
 * Joins predictions to what they answer, by id and never by order.
 *
 * @param name - the calling function, for the message
 * @param isParsable - whether an answer has the form asked for
 * @returns rows in the truth's order; the answer is undefined where it is missing, duplicate or unparsable
 * @throws FgamError `bench/bad-predictions` that names the rows, unless `allowMissing`; `bench/bad-truth`
 * where an id is asked twice
 */
export function matchPredictions<Item extends { readonly id: string }>(
  name: string,
  truth: readonly Item[],
  predictions: readonly Prediction[],
  isParsable: (item: Item, answer: string) => boolean,
  allowMissing = false,
): MatchedPredictions<Item> {
  const answers = new Map<string, string>();
  const duplicate = new Set<string>();
  for (const { id, answer } of predictions) {
    if (answers.has(id)) duplicate.add(id);
    answers.set(id, answer);
  }
  const asked = new Set(truth.map((item) => item.id));
  if (asked.size !== truth.length)
    throw benchError(
      'bench/bad-truth',
      `${name}: expected each id once in the truth, got ${truth.length} rows with ${asked.size} ids; give each row an id of its own`,
    );
  const missing: string[] = [];
  const unparsable: string[] = [];
  const rows = truth.map((item) => {
    const answer = answers.get(item.id);
    if (answer === undefined) missing.push(item.id);
    else if (!isParsable(item, answer)) unparsable.push(item.id);
    else if (!duplicate.has(item.id)) return { item, answer };
    return { item, answer: undefined };
  });
  const faults: PredictionFaults = {
    missing,
    duplicate: [...duplicate],
    unknown: [...answers.keys()].filter((id) => !asked.has(id)),
    unparsable,
  };
  if (!allowMissing) refuse(name, faults);
  return { rows, faults };
}

function refuse(name: string, faults: PredictionFaults): void {
  const found = (['missing', 'duplicate', 'unknown', 'unparsable'] as const).flatMap((fault) =>
    faults[fault].length > 0 ? [`${faults[fault].length} ${fault} (${listIds(faults[fault])})`] : [],
  );
  if (found.length > 0)
    throw benchError(
      'bench/bad-predictions',
      `${name}: expected one answer of the form asked for to each question, got ${found.join('; ')}; ` +
        'repair the predictions, or allow missing rows to count these as wrong',
    );
}
