import { alignRows, type RowFaults } from '../align-rows.js';
import type { ScoreInput } from '../benchmark-task.js';
import { type AmberDimension, type AmberTruth, readAmberResponses, readAmberTruth } from './read-amber.js';
import { type AmberCounts, type AmberVerdict, countAmberWords, createAmberFinder } from './score-amber.js';

/** AMBER's answers against their truth. */
export interface AmberRows {
  readonly truth: AmberTruth;
  readonly descriptions: readonly (AmberCounts & { readonly id: string; readonly image: string })[];
  readonly verdicts: readonly (AmberVerdict & {
    readonly id: string;
    readonly image: string;
    readonly dimension: Exclude<AmberDimension, 'generative'>;
    readonly type: string;
  })[];
  readonly faults: RowFaults;
  readonly n: number;
  readonly missing: number;
}

/**
 * Reads AMBER's truth and answers, and counts each. A dimension without a single answer is left out, as the
 * official script has it by choice.
 */
export async function readAmberRows(input: ScoreInput): Promise<AmberRows> {
  const truth = await readAmberTruth(input.truth);
  const responses = await readAmberResponses(input.predictions);
  const answered = new Set(responses.map(({ id }) => id));
  const dimensions = new Set(
    truth.items.flatMap(({ id, dimension }) => (answered.has(id) ? [dimension] : [])),
  );
  const items = truth.items.filter(({ dimension }) => dimensions.size === 0 || dimensions.has(dimension));
  const { rows, faults } = alignRows('amber', items, responses, input.allowMissing);
  const find = createAmberFinder(truth);
  const descriptions: AmberRows['descriptions'][number][] = [];
  const verdicts: AmberRows['verdicts'][number][] = [];
  const unparsable: string[] = [];
  for (const { item, answer } of rows) {
    const { id, type } = item;
    // Without the queries it is not known which questions share an image.
    const image = truth.queries.get(id)?.image ?? id;
    if (item.dimension === 'generative') {
      const counts = countAmberWords(find(answer ?? ''), item, truth);
      // A description that is not there is wrong: it names nothing, and counts as one with a hallucination.
      descriptions.push({ id, image, ...counts, ...(answer === undefined ? { named: 1, wrong: 1 } : {}) });
    } else {
      const said = answer === 'Yes' ? 'yes' : answer === 'No' ? 'no' : undefined;
      if (answer !== undefined && said === undefined) unparsable.push(id);
      verdicts.push({ ...{ id, image, type, said }, dimension: item.dimension, truth: item.truth });
    }
  }
  return {
    ...{ truth, descriptions, verdicts, n: rows.length },
    faults: { ...faults, unparsable },
    missing: rows.filter(({ answer }) => answer === undefined).length,
  };
}
