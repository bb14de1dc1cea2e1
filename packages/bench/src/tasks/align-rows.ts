import { benchError, listIds } from '../error.js';

/** What is wrong with a file of predictions, by row id. */
export interface RowFaults {
  /** Asked for and not answered. */
  readonly missing: readonly string[];
  /** Answered more than once; counted as wrong, as neither answer is the answer. */
  readonly duplicate: readonly string[];
  /** Answered and not asked for. */
  readonly unknown: readonly string[];
  /** Answered with what the official rule counts as neither: listed, and scored as that rule scores it. */
  readonly unparsable: readonly string[];
}

/** One prediction with the id of what it answers. */
export interface PredictedRow<Answer> {
  readonly id: string;
  readonly answer: Answer;
}

/** Questions in the truth's order, each with its answer; undefined where it is missing or duplicate. */
export interface AlignedRows<Item, Answer> {
  readonly rows: readonly { readonly item: Item; readonly answer: Answer | undefined }[];
  readonly faults: Omit<RowFaults, 'unparsable'>;
}

/**
 * Joins predictions of any form to what they answer, by id and never by order.
 *
 * @param name - the calling task, for the message
 * @throws FgamError `bench/bad-predictions` that names the rows, unless `allowMissing`; `bench/bad-truth` where an id is asked twice
 */
export function alignRows<Item extends { readonly id: string }, Answer>(
  name: string,
  truth: readonly Item[],
  predictions: readonly PredictedRow<Answer>[],
  allowMissing = false,
): AlignedRows<Item, Answer> {
  const asked = new Set(truth.map((item) => item.id));
  if (asked.size !== truth.length)
    throw benchError(
      'bench/bad-truth',
      `${name}: expected each id once in the truth, got ${truth.length} rows with ${asked.size} ids; give each row an id of its own`,
    );
  const answers = new Map<string, Answer>();
  const duplicate = new Set<string>();
  for (const { id, answer } of predictions) {
    if (answers.has(id)) duplicate.add(id);
    answers.set(id, answer);
  }
  const faults = {
    missing: truth.flatMap(({ id }) => (answers.has(id) ? [] : [id])),
    duplicate: [...duplicate].filter((id) => asked.has(id)),
    unknown: [...answers.keys()].filter((id) => !asked.has(id)),
  };
  if (!allowMissing) refuseFaults(name, faults);
  const rows = truth.map((item) => ({
    item,
    answer: duplicate.has(item.id) ? undefined : answers.get(item.id),
  }));
  return { rows, faults };
}

function refuseFaults(name: string, faults: Omit<RowFaults, 'unparsable'>): void {
  const found = (['missing', 'duplicate', 'unknown'] as const).flatMap((fault) =>
    faults[fault].length > 0 ? [`${faults[fault].length} ${fault} (${listIds(faults[fault])})`] : [],
  );
  if (found.length > 0)
    throw benchError(
      'bench/bad-predictions',
      `${name}: expected one answer to each question, got ${found.join('; ')}; ` +
        'repair the predictions, or allow missing rows to count these as wrong',
    );
}
