import { collatePixels } from './collate-pixels.js';
import { FgamError } from './error.js';
import { float32Input, int32Input, type Float32Input, type Int32Input } from './host-array.js';
import type { Region, RegionSample } from './records.js';
import { RELATIONS } from './records.js';
import { inverseRelation, relationBetween, type RelationOptions } from './relation.js';
import { type RegionPooling, writeRegionWeights } from './region-weights.js';
import { selectRegions } from './select-regions.js';
import type { Tokenize } from './token-cache.js';

/** Options of `collateRegions`. Axes: B samples, R regions, N = grid * grid tokens, T text tokens, K negatives. */
export interface CollateRegionsOptions {
  readonly samples: readonly RegionSample[];
  /** One image a sample, uint8 `[S, S, 3]`, from `loadPixels` or `PixelCache`. */
  readonly pixels: readonly Uint8Array[];
  /** Text to token ids; wrap it in `cacheTokens`. */
  readonly tokenize: Tokenize;
  /** Side of the vision tower's token map. */
  readonly grid: number;
  /** R; of images with more regions a seeded choice is taken. */
  readonly maxRegions: number;
  /** T of descriptions and negatives; longer texts are cut and counted. Default 16. */
  readonly maxTokens?: number;
  /** T of captions; longer ones are cut and counted. Default 64. */
  readonly maxCaptionTokens?: number;
  /** The text of a region. Default its description. */
  readonly textOf?: (region: Region) => string;
  /**
   * K negative texts of each region (`hardNegatives`, `createRegionNegatives`), where wanted; fewer
   * are padded, more are cut.
   */
  readonly negatives?: {
    readonly count: number;
    readonly of: (region: Region, sample: RegionSample) => readonly string[];
  };
  /**
   * K wrong captions of each image, where wanted; fewer are padded, more are cut. `row` counts the samples.
   * One whose tokens, as far as they are read, are those of the image's caption is left out: it would be
   * taken for wrong and be right.
   */
  readonly captionNegatives?: {
    readonly count: number;
    readonly of: (sample: RegionSample, row: number) => readonly string[];
  };
  /** Seed of the choice among too many regions; change it each epoch. Default 0. */
  readonly seed?: number;
  /** Options of `relationBetween`. */
  readonly relation?: RelationOptions;
  /**
   * By what regions are pooled; one without a mask, or whose mask covers nothing, by its box in
   * either case. Default `box`.
   */
  readonly pooling?: RegionPooling;
}

/** The arrays of a stage-1 batch. Padded regions have mask 0, ids 0, group -1, relation -1, RoI weights 0. */
export type RegionInputs = {
  /** float32 `[B, S, S, 3]`, `x / 127.5 - 1` */
  readonly pixels: Float32Input;
  /** float32 `[B, R, N]`; rows of real regions sum to 1 */
  readonly roiWeights: Float32Input;
  /** float32 `[B, R]`, 1 for real regions */
  readonly regionMask: Float32Input;
  /** int32 `[B, R, R]`: index in `RELATIONS` of row to column, -1 masked */
  readonly relations: Int32Input;
  /** int32 `[B, R, T]` */
  readonly textIds: Int32Input;
  /** float32 `[B, R, T]` */
  readonly textMask: Float32Input;
  /** int32 `[B, R]`: equal texts of the batch share a number >= 0 */
  readonly textGroups: Int32Input;
  /** int32 `[B, Tc]` */
  readonly captionIds: Int32Input;
  /** float32 `[B, Tc]`; a row without a caption is all 0 */
  readonly captionMask: Float32Input;
  /** int32 `[B]`: equal captions share a number >= 0; -1 without a caption */
  readonly captionGroups: Int32Input;
  /** float32 `[B]`, 1 where there is a caption */
  readonly hasCaption: Float32Input;
};

/** The arrays of hard negatives, as they are added to `RegionInputs` under the option `negatives`. */
export type NegativeInputs = {
  /** int32 `[B, R, K, T]` */
  readonly negativeIds: Int32Input;
  /** float32 `[B, R, K, T]` */
  readonly negativeTextMask: Float32Input;
  /** float32 `[B, R, K]`, 1 for real negatives */
  readonly negativeMask: Float32Input;
  /**
   * int32 `[B, R, K]`, numbered as `textGroups`: a negative that is a description of the batch has
   * its number, any other -2
   */
  readonly negativeGroups: Int32Input;
};

/** The arrays of wrong captions, as they are added to `RegionInputs` under the option `captionNegatives`. */
export type CaptionNegativeInputs = {
  /** int32 `[B, K, Tc]` */
  readonly wrongCaptionIds: Int32Input;
  /** float32 `[B, K, Tc]` */
  readonly wrongCaptionTextMask: Float32Input;
  /** float32 `[B, K]`, 1 for real captions */
  readonly wrongCaptionMask: Float32Input;
};

/** A stage-1 batch. */
export interface RegionBatch {
  readonly inputs: RegionInputs;
  readonly negatives?: NegativeInputs;
  readonly captionNegatives?: CaptionNegativeInputs;
  /** The regions that the rows stand for. */
  readonly regions: readonly (readonly Region[])[];
  /** By what each of them was pooled. */
  readonly pooling: readonly (readonly RegionPooling[])[];
  /** Texts that were cut at `maxTokens` or `maxCaptionTokens`. */
  readonly truncated: number;
}

/** Of a negative that describes no region of the batch; padded regions have -1. */
const NO_GROUP = -2;

const RELATION_INDEX = new Map(RELATIONS.map((relation, index) => [relation, index]));

/**
 * Pads the regions of images to one batch of arrays: pixels, RoI-pooling weights, relation labels, token ids.
 *
 * Every shape depends on the options and the number of samples alone, so that one captured program serves all batches.
 *
 * @throws FgamError `data/bad-config` where samples and pixels differ in number; `data/bad-record`
 * where a text has no token
 * @example
 * ```ts
 * import { collateRegions } from '@fgam/data';
 * const sample = {
 *   id: 'a', image: 'a.png', width: 64, height: 64, caption: 'a dot',
 *   regions: [{ id: '1', box: { x0: 0, y0: 0, x1: 0.5, y1: 0.5 }, label: 'dot', description: 'red dot', source: 'scenes' }],
 * };
 * const { inputs } = collateRegions({
 *   samples: [sample], pixels: [new Uint8Array(64 * 64 * 3)], grid: 4, maxRegions: 3,
 *   tokenize: (text) => text.split(' ').map((word) => word.length),
 * });
 * if (inputs.roiWeights.shape.join() !== '1,3,16' || inputs.roiWeights.data[0] !== 0.25) throw new Error();
 * ```
 */
export function collateRegions(options: CollateRegionsOptions): RegionBatch {
  const {
    samples,
    pixels,
    tokenize,
    grid,
    maxRegions: R,
    maxTokens: T = 16,
    maxCaptionTokens: Tc = 64,
    pooling = 'box',
  } = options;
  if (samples.length === 0 || samples.length !== pixels.length)
    throw new FgamError(
      'data/bad-config',
      `collateRegions: expected as many images as samples and at least one, got ${samples.length} samples and ${pixels.length} images`,
    );
  const B = samples.length;
  const N = grid * grid;
  const K = options.negatives?.count ?? 0;
  const textOf = options.textOf ?? ((region: Region) => region.description);
  const inputs: RegionInputs = {
    pixels: collatePixels(pixels),
    roiWeights: float32Input([B, R, N]),
    regionMask: float32Input([B, R]),
    relations: int32Input([B, R, R], -1),
    textIds: int32Input([B, R, T]),
    textMask: float32Input([B, R, T]),
    textGroups: int32Input([B, R], -1),
    captionIds: int32Input([B, Tc]),
    captionMask: float32Input([B, Tc]),
    captionGroups: int32Input([B], -1),
    hasCaption: float32Input([B]),
  };
  const negatives: NegativeInputs | undefined =
    K > 0
      ? {
          negativeIds: int32Input([B, R, K, T]),
          negativeTextMask: float32Input([B, R, K, T]),
          negativeMask: float32Input([B, R, K]),
          negativeGroups: int32Input([B, R, K], NO_GROUP),
        }
      : undefined;
  const Kc = options.captionNegatives?.count ?? 0;
  const wrongCaptions: CaptionNegativeInputs | undefined =
    Kc > 0
      ? {
          wrongCaptionIds: int32Input([B, Kc, Tc]),
          wrongCaptionTextMask: float32Input([B, Kc, Tc]),
          wrongCaptionMask: float32Input([B, Kc]),
        }
      : undefined;
  const negativeTexts: { readonly place: number; readonly text: string }[] = [];
  let truncated = 0;
  const write = (
    text: string,
    ids: Int32Input,
    mask: Float32Input,
    row: number,
    length: number,
    where: string,
  ) => {
    const tokens = tokenize(text);
    if (tokens.length === 0)
      throw new FgamError(
        'data/bad-record',
        `collateRegions: expected a text with tokens for ${where}, got ${JSON.stringify(text)}; drop it in the reader`,
      );
    if (tokens.length > length) truncated++;
    const count = Math.min(tokens.length, length);
    for (let t = 0; t < count; t++) {
      ids.data[row * length + t] = tokens[t] as number;
      mask.data[row * length + t] = 1;
    }
  };
  const groups = new Map<string, number>();
  const captions = new Map<string, number>();
  /** What the model reads of a text: two texts of the same first tokens are one to it. */
  const asRead = (text: string, length: number): string => tokenize(text).slice(0, length).join();
  const groupOf = (known: Map<string, number>, text: string): number => {
    const group = known.get(text) ?? known.size;
    known.set(text, group);
    return group;
  };

  const pooled: RegionPooling[][] = samples.map(() => []);
  const chosen = samples.map((sample, b) => {
    const regions = selectRegions(sample, { max: R, seed: options.seed ?? 0 });
    regions.forEach((region, r) => {
      const row = b * R + r;
      const where = `region ${region.id} of ${sample.id}`;
      const text = textOf(region);
      inputs.regionMask.data[row] = 1;
      pooled[b]?.push(writeRegionWeights(region, pooling, grid, inputs.roiWeights.data, row * N));
      write(text, inputs.textIds, inputs.textMask, row, T, where);
      inputs.textGroups.data[row] = groupOf(groups, asRead(text, T));
      for (let other = 0; other < r; other++) {
        const relation = relationBetween(
          region.box,
          (regions[other] as Region).box,
          sample,
          options.relation,
        );
        if (relation === null) continue;
        inputs.relations.data[row * R + other] = RELATION_INDEX.get(relation) as number;
        inputs.relations.data[(b * R + other) * R + r] = RELATION_INDEX.get(
          inverseRelation(relation),
        ) as number;
      }
      if (negatives)
        options.negatives
          ?.of(region, sample)
          .slice(0, K)
          .forEach((negative, k) => {
            const place = row * K + k;
            write(
              negative,
              negatives.negativeIds,
              negatives.negativeTextMask,
              place,
              T,
              `a negative of ${where}`,
            );
            negatives.negativeMask.data[place] = 1;
            negativeTexts.push({ place, text: negative });
          });
    });
    if (sample.caption !== undefined) {
      write(sample.caption, inputs.captionIds, inputs.captionMask, b, Tc, `the caption of ${sample.id}`);
      inputs.captionGroups.data[b] = groupOf(captions, asRead(sample.caption, Tc));
      inputs.hasCaption.data[b] = 1;
    }
    if (wrongCaptions)
      options.captionNegatives
        ?.of(sample, b)
        .filter((caption) => asRead(caption, Tc) !== asRead(sample.caption ?? '', Tc))
        .slice(0, Kc)
        .forEach((caption, k) => {
          const place = b * Kc + k;
          write(
            caption,
            wrongCaptions.wrongCaptionIds,
            wrongCaptions.wrongCaptionTextMask,
            place,
            Tc,
            `a wrong caption of ${sample.id}`,
          );
          wrongCaptions.wrongCaptionMask.data[place] = 1;
        });
    return regions;
  });
  // After all descriptions have their numbers.
  if (negatives)
    for (const { place, text } of negativeTexts)
      negatives.negativeGroups.data[place] = groups.get(asRead(text, T)) ?? NO_GROUP;
  return {
    inputs,
    ...(negatives ? { negatives } : {}),
    ...(wrongCaptions ? { captionNegatives: wrongCaptions } : {}),
    regions: chosen,
    pooling: pooled,
    truncated,
  };
}
