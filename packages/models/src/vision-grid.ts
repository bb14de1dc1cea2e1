import type { ModelConfig } from './config.js';

/** Counts of tokens along the way from pixels to the language model. */
export interface VisionGrid {
  /** Vision tokens along one side of the image. */
  readonly grid: number;
  /** Vision tokens N = grid * grid, row by row: what RoI weights are over. */
  readonly visionTokens: number;
  /** Visual tokens M that the language model reads after the connector. */
  readonly visualTokens: number;
  /** Pixels along one side of the image. */
  readonly imageSize: number;
}

/** Whether what the tower gives begins with its class token. */
export function keepsClassToken({ fgam, vision_feature_select_strategy: strategy }: ModelConfig): boolean {
  return fgam.class_token && strategy === 'full';
}

/**
 * The token grids of a config: what collate needs for RoI weights and the generator for its cache.
 *
 * @example
 * ```ts
 * import { compactConfig, visionGrid } from '@fgam/models';
 *
 * // Patches of 8 pixels, four a side; the connector merges 2 x 2.
 * const config = compactConfig({ vision_config: { image_size: 32 } });
 * const { grid, visionTokens, visualTokens } = visionGrid(config);
 * if (grid !== 4 || visionTokens !== 16 || visualTokens !== 4) throw new Error(`${grid}, ${visualTokens}`);
 * ```
 */
export function visionGrid(config: ModelConfig): VisionGrid {
  const grid = config.vision_config.image_size / config.vision_config.patch_size;
  const merged = grid / config.fgam.connector_merge;
  return {
    grid,
    visionTokens: grid * grid,
    visualTokens:
      config.fgam.q_former?.num_query_tokens ?? merged * merged + (keepsClassToken(config) ? 1 : 0),
    imageSize: config.vision_config.image_size,
  };
}
