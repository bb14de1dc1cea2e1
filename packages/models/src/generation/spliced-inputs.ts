import type { HostTensor } from '@fgam/compile';
import type { LanguageConfig } from '../config.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';
import { promptPositions } from './prompt-positions.js';
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
 * Inputs of `splicedPrefillProgram`: prompts padded on the right, the visual tokens of all rows one after another. An image token beyond those that have a visual
 * token is text.
 *
 * @param config - says D and whether positions are [B, T] or, with `mrope_section`, [B, T, 3]
 */
export function splicedInputs(
  rows: readonly SplicedRow[],
  imageTokenId: number,
  config: LanguageConfig,
  sizes: SplicedSizes,
): Record<'ids' | 'slots' | 'positions' | 'pick' | 'visual', HostTensor> {
  const { batch, length } = sizes;
  const { hidden_size: width, mrope_section: sections } = config.text_config;
  const ids = int32Zeros([batch, length]);
  const slots = int32Zeros([batch, length]);
  const positions = int32Zeros(sections === undefined ? [batch, length] : [batch, length, sections.length]);
  const pick = float32Zeros([batch, length]);
  const visual = float32Zeros([sizes.visual, width]);
  let next = 0;
  for (let at = 0; at < batch; at++) {
    const row = rows[at] ?? { ids: [], visual: [] };
    const end = row.visual.reduce((sum, { shape }) => sum + (shape[0] ?? 0), next);
    let slot = next;
    for (let t = 0; t < length; t++) {
      if (sections === undefined) positions.data[at * length + t] = t;
      ids.data[at * length + t] = row.ids[t] ?? 0;
      if (row.ids[t] === imageTokenId && slot < end) slots.data[at * length + t] = ++slot;
    }
    if (sections !== undefined) {
      const { places } = promptPositions(row.ids, imageTokenId, row.visual);
      positions.data.set(places, at * length * sections.length);
    }
    if (row.ids.length > 0) pick.data[at * length + row.ids.length - 1] = 1;
    for (const tokens of row.visual) {
      visual.data.set(tokens.data, next * width);
      next += tokens.shape[0] ?? 0;
    }
  }
  return { ids, slots, positions, pick, visual };
}
