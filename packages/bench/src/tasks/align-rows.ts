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

/**
 * The faults of two settings of one benchmark. What the second alone is at fault for is named after it:
 * `17/direct_answer`.
 */
export function bothFaults(first: RowFaults, second: RowFaults, setting: string): RowFaults {
  const both = (fault: keyof RowFaults) => {
    const known = new Set(first[fault]);
    const others = second[fault].filter((id) => !known.has(id));
    return [...known, ...others.map((id) => `${id}/${setting}`)];
  };
  return {
    missing: both('missing'),
    duplicate: both('duplicate'),
    unknown: both('unknown'),
    unparsable: both('unparsable'),
  };
}

/** What has no answer in one of several settings. */
export function idsWithoutAnswer(
  rows: readonly { readonly item: { readonly id: string }; readonly answer: unknown }[],
): ReadonlySet<string> {
  return new Set(rows.filter(({ answer }) => answer === undefined).map(({ item }) => item.id));
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
 * @throws FgamError `bench/bad-predictions` that names the rows, unless `allowMissing`; `bench/bad-truth`
 * where an id is asked twice, or nothing is
 */
export function alignRows<Item extends { readonly id: string }, Answer>(
  name: string,
  truth: readonly Item[],
  predictions: readonly PredictedRow<Answer>[],
  allowMissing = false,
): AlignedRows<Item, Answer> {
  if (truth.length === 0)
    throw benchError(
      'bench/bad-truth',
      `${name}: expected questions in the truth, got none; check that it is the right file`,
    );
  // One look-up a row: there are benchmarks of several hundred thousand.
  const places = new Map<string, number>();
  for (const { id } of truth) places.set(id, places.size);
  if (places.size !== truth.length)
    throw benchError(
      'bench/bad-truth',
      `${name}: expected each id once in the truth, got ${truth.length} rows with ${places.size} ids; give each row an id of its own`,
    );
  const answers: (PredictedRow<Answer> | undefined)[] = Array.from({ length: truth.length });
  const duplicate = new Set<string>();
  const unknown = new Set<string>();
  for (const row of predictions) {
    const place = places.get(row.id);
    if (place === undefined) unknown.add(row.id);
    else if (answers[place] === undefined) answers[place] = row;
    else duplicate.add(row.id);
  }
  const faults = {
    missing: truth.filter((_, place) => answers[place] === undefined).map(({ id }) => id),
    duplicate: [...duplicate],
    unknown: [...unknown],
  };
  if (!allowMissing) refuseFaults(name, faults);
  const rows = truth.map((item, place) => ({
    item,
    answer: duplicate.size > 0 && duplicate.has(item.id) ? undefined : answers[place]?.answer,
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
