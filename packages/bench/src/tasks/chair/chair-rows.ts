import { alignRows, type RowFaults } from '../align-rows.js';
import type { ScoreInput } from '../benchmark-task.js';
import { type ChairTruth, readChairCaptions, readChairTruth } from './read-chair.js';

/**
 * A captioned image: the classes that it has, and those that its caption names; undefined for a
 * caption that is there twice.
 */
export interface ChairRow {
  readonly id: string;
  readonly there: ReadonlySet<string>;
  readonly named: readonly string[] | undefined;
}

/**
 * Reads CHAIR's truth and captions, and joins them. CHAIR is of the images that have a caption: a
 * sample of them is usual.
 */
export async function readChairRows(input: ScoreInput): Promise<{
  readonly truth: ChairTruth;
  readonly rows: readonly ChairRow[];
  readonly faults: Omit<RowFaults, 'unparsable'>;
}> {
  const truth = await readChairTruth(input.truth);
  const captions = await readChairCaptions(input.predictions);
  const asked = [...new Set(captions.map(({ id }) => id))].filter((id) => truth.images.has(id));
  const items = asked.sort((a, b) => Number(a) - Number(b)).map((id) => ({ id }));
  const { rows, faults } = alignRows('chair', items, captions, input.allowMissing);
  return {
    truth,
    rows: rows.map(({ item: { id }, answer }) => ({
      id,
      there: truth.objects.get(id) ?? new Set(),
      named: answer === undefined ? undefined : truth.find(answer),
    })),
    faults,
  };
}
