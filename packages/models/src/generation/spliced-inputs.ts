import type { HostTensor } from '@fgam/compile';
import { float32Zeros, int32Zeros } from './host-zeros.js';
import type { VisualTokens } from './spliced-prompt.js';

/** A prompt with the visual tokens of its images. */
export interface SplicedRow {
  readonly ids: readonly number[];
  readonly visual: readonly VisualTokens[];
}

/** What is padded to which length. */
export interface SplicedSizes {
  /** Rows; those after the given ones are empty. */
  readonly batch: number;
  /** Tokens a row. */
  readonly length: number;
  /** Visual tokens of all rows, at least one. */
  readonly visual: number;
}

/**
 * Inputs of `splicedPrefillProgram`: prompts padded on the right, the visual tokens of all rows one after another.
 *
 * @param width - D
 */
export function splicedInputs(
  rows: readonly SplicedRow[],
  imageTokenId: number,
  width: number,
  sizes: SplicedSizes,
): Record<'ids' | 'slots' | 'positions' | 'pick' | 'visual', HostTensor> {
  const { batch, length } = sizes;
  const ids = int32Zeros([batch, length]);
  const slots = int32Zeros([batch, length]);
  const positions = int32Zeros([batch, length]);
  const pick = float32Zeros([batch, length]);
  const visual = float32Zeros([sizes.visual, width]);
  let next = 0;
  for (let at = 0; at < batch; at++) {
    const row = rows[at] ?? { ids: [], visual: [] };
    let slot = next;
    for (let t = 0; t < length; t++) {
      positions.data[at * length + t] = t;
      ids.data[at * length + t] = row.ids[t] ?? 0;
      if (row.ids[t] === imageTokenId && row.visual.length > 0) slots.data[at * length + t] = ++slot;
    }
    if (row.ids.length > 0) pick.data[at * length + row.ids.length - 1] = 1;
    for (const tokens of row.visual) {
      visual.data.set(tokens.data, next * width);
      next += tokens.shape[0] ?? 0;
    }
  }
  return { ids, slots, positions, pick, visual };
}
