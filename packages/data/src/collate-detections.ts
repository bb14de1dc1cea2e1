import { boxArea, boxCentre } from './box.js';
import { FgamError } from './error.js';
import { type Float32Input, float32Input, type Int32Input, int32Input } from './host-array.js';
import type { BoxUnit, Region, RegionSample } from './records.js';
import type { Tokenize } from './token-cache.js';

/** Options of {@link collateDetections}. Axes: B samples, N = grid * grid tokens, C phrases, T text tokens. */
export interface CollateDetectionsOptions {
  /** All regions of a sample are read: one that is left out would teach that nothing is there. */
  readonly samples: readonly RegionSample[];
  /** Text to token ids; wrap it in `cacheTokens`. */
  readonly tokenize: Tokenize;
  /** Side of the vision tower's token map. */
  readonly grid: number;
  /**
   * C; of more distinct phrases in a batch, regions of those that come last are background
   * to all others. Default 64.
   */
  readonly maxPhrases?: number;
  /** T of phrases; longer ones are cut. Default 16. */
  readonly maxTokens?: number;
  /** The phrase of a region. Default its label. */
  readonly phraseOf?: (region: Region) => string;
}

/** The arrays of a detection batch, as they are added to `RegionInputs`. */
export type DetectionInputs = {
  /** int32 `[C, T]` */
  readonly phraseIds: Int32Input;
  /** float32 `[C, T]` */
  readonly phraseTextMask: Float32Input;
  /** float32 `[C]`, 1 for real phrases */
  readonly phraseMask: Float32Input;
  /** int32 `[B, N]`: the phrase of the object that a token stands for, -1 for none */
  readonly tokenPhrases: Int32Input;
  /** float32 `[B, N, 4]`: that object's centre x, centre y, width, height, in fractions of the image */
  readonly tokenBoxes: Float32Input;
};

/** A detection batch. */
export interface DetectionBatch {
  readonly inputs: DetectionInputs;
  /** The phrases, in the order of their columns. */
  readonly phrases: readonly string[];
  /** Regions whose phrase found no column. */
  readonly left: number;
}

/**
 * Tokens whose cell's centre is this near to a box's, as a share of its sides, stand for its object, beside
 * the one that holds its centre.
 */
const NEAR = 0.25;

/**
 * The targets of a detector over vision tokens: a token stands for the object whose centre lies in its cell
 * or near its cell's centre (the smallest one, where several do), and all else is background.
 *
 * Every shape depends on the options and the number of samples alone. Source: the assignment of FCOS (centre
 * sampling, the smaller box wins; Tian et al. 2019).
 *
 * @throws FgamError `data/bad-config` for no samples; `data/bad-record` for a phrase without a token
 * @example
 * ```ts
 * import { collateDetections } from '@fgam/data';
 * const sample = {
 *   id: 'a', image: 'a.png', width: 64, height: 64,
 *   regions: [{ id: '1', box: { x0: 0, y0: 0, x1: 0.5, y1: 0.5 }, label: 'dot', description: 'red dot', source: 'scenes' }],
 * };
 * const { inputs, phrases } = collateDetections({ samples: [sample], tokenize: () => [7], grid: 2 });
 * if (phrases.join() !== 'dot' || inputs.tokenPhrases.data.join() !== '0,-1,-1,-1') throw new Error();
 * ```
 */
export function collateDetections(options: CollateDetectionsOptions): DetectionBatch {
  const { samples, tokenize, grid, maxPhrases: C = 64, maxTokens: T = 16 } = options;
  const phraseOf = options.phraseOf ?? (({ label }: Region) => label);
  const [B, N] = [samples.length, grid * grid];
  if (B === 0)
    throw new FgamError('data/bad-config', 'collateDetections: expected at least one sample, got none');
  const inputs: DetectionInputs = {
    phraseIds: int32Input([C, T]),
    phraseTextMask: float32Input([C, T]),
    phraseMask: float32Input([C]),
    tokenPhrases: int32Input([B, N], -1),
    tokenBoxes: float32Input([B, N, 4]),
  };
  const columns = new Map<string, number>();
  const columnOf = (phrase: string, where: string): number | undefined => {
    const known = columns.get(phrase);
    if (known !== undefined || columns.size === C) return known;
    const tokens = tokenize(phrase).slice(0, T);
    if (tokens.length === 0)
      throw new FgamError(
        'data/bad-record',
        `collateDetections: expected a phrase with tokens for ${where}, got ${JSON.stringify(phrase)}; drop it in the reader`,
      );
    const column = columns.size;
    inputs.phraseIds.data.set(tokens, column * T);
    inputs.phraseTextMask.data.fill(1, column * T, column * T + tokens.length);
    inputs.phraseMask.data[column] = 1;
    columns.set(phrase, column);
    return column;
  };
  let left = 0;
  for (const [b, { id, regions }] of samples.entries()) {
    // The smallest come last, and take the tokens that several claim.
    for (const region of [...regions].sort((x, y) => boxArea(y.box) - boxArea(x.box))) {
      const column = columnOf(phraseOf(region), `region ${region.id} of ${id}`);
      if (column === undefined) {
        left++;
        continue;
      }
      const { x, y } = boxCentre(region.box);
      const target = [x, y, region.box.x1 - region.box.x0, region.box.y1 - region.box.y0];
      for (const token of tokensOf(region.box, grid)) {
        inputs.tokenPhrases.data[b * N + token] = column;
        inputs.tokenBoxes.data.set(target, (b * N + token) * 4);
      }
    }
  }
  return { inputs, phrases: [...columns.keys()], left };
}

/** The tokens that stand for a box. */
function tokensOf(box: BoxUnit, grid: number): number[] {
  const { x, y } = boxCentre(box);
  const cell = (value: number): number => Math.min(grid - 1, Math.max(0, Math.floor(value * grid)));
  const own = cell(y) * grid + cell(x);
  const near = (n: number): boolean =>
    Math.abs(((n % grid) + 0.5) / grid - x) < NEAR * (box.x1 - box.x0) &&
    Math.abs((Math.floor(n / grid) + 0.5) / grid - y) < NEAR * (box.y1 - box.y0);
  return Array.from({ length: grid * grid }, (_, n) => n).filter((n) => n === own || near(n));
}
