import type { HostTensor } from '@fgam/compile';
import type { LanguageConfig } from '../config.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';
import { promptPositions } from './prompt-positions.js';
import type { VisualTokens } from './spliced-prompt.js';

/** A prompt with the visual tokens of its images. */
export interface SplicedRow {
  readonly ids: readonly number[];
  readonly visual: readonly VisualTokens[];
  /** Tokens that have been read, which are passed over. Default 0. */
  readonly start?: number;
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
 * Inputs of `readProgram`: prompts padded on the right, the visual tokens of all rows one after another. An
 * image token beyond those that have a visual token is text.
 *
 * @param config - says D and whether positions are [B, T] or, with `mrope_section`, [B, T, 3]
 */
export function splicedInputs(
  rows: readonly SplicedRow[],
  imageTokenId: number,
  config: LanguageConfig,
  sizes: SplicedSizes,
): Record<'ids' | 'slots' | 'positions' | 'visual', HostTensor> {
  const { batch, length } = sizes;
  const { hidden_size: width, mrope_section: sections } = config.text_config;
  const ids = int32Zeros([batch, length]);
  const slots = int32Zeros([batch, length]);
  const positions = int32Zeros(sections === undefined ? [batch, length] : [batch, length, sections.length]);
  const visual = float32Zeros([sizes.visual, width]);
  let next = 0;
  for (let at = 0; at < batch; at++) {
    const { ids: all, visual: own, start = 0 } = rows[at] ?? { ids: [], visual: [] };
    ids.data.set(all.slice(start), at * length);
    const end = own.reduce((sum, { shape }) => sum + (shape[0] ?? 0), next);
    let slot = next;
    for (const [t, id] of all.entries()) {
      if (id !== imageTokenId || slot === end) continue;
      slot += 1;
      if (t >= start) slots.data[at * length + t - start] = slot;
    }
    if (sections === undefined) {
      for (let t = 0; t < length; t++) positions.data[at * length + t] = start + t;
    } else {
      const { places } = promptPositions(all, imageTokenId, own);
      positions.data.set(places.slice(start * sections.length), at * length * sections.length);
    }
    for (const tokens of own) {
      visual.data.set(tokens.data, next * width);
      next += tokens.shape[0] ?? 0;
    }
  }
  return { ids, slots, positions, visual };
}
