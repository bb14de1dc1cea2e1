/** How pixels are weighed, by Pillow's names: `Image.Resampling.BICUBIC` is `bicubic`. */
export type ResampleFilter = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';

/** All filters. */
export const RESAMPLE_FILTERS: ReadonlySet<string> = new Set<ResampleFilter>([
  'nearest',
  'box',
  'bilinear',
  'hamming',
  'bicubic',
  'lanczos',
]);

/** Bits after the point of a weight, as in Pillow: 32 less 8 of a pixel and 2 for sums beyond 255 or below 0. */
export const WEIGHT_BITS = 22;

/** For each pixel of a side of the result: the first of the source, how many, and `most` places for their weights. */
export interface Taps {
  readonly firsts: Int32Array;
  readonly counts: Int32Array;
  /** Int32 `[side, most]`, in units of 2^-22; 0 after the first `counts`. */
  readonly weights: Int32Array;
  readonly most: number;
}

interface Filter {
  /** Furthest distance at which a pixel counts, in pixels of the source where nothing is made smaller. */
  readonly support: number;
  readonly weigh: (distance: number) => number;
}

/** Hamming's constants are of 32 bits in Pillow. */
const [HAMMING_BASE, HAMMING_SWING] = [Math.fround(0.54), Math.fround(0.46)];
/** Keys' parameter of cubic convolution. */
const CUBIC = -0.5;

const FILTERS: Readonly<Record<Exclude<ResampleFilter, 'nearest'>, Filter>> = {
  box: { support: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weigh: (x) => {
      const angle = Math.abs(x) * Math.PI;
      if (angle === 0) return 1;
      return angle >= Math.PI
        ? 0
        : (Math.sin(angle) / angle) * (HAMMING_BASE + HAMMING_SWING * Math.cos(angle));
    },
  },
  bicubic: {
    support: 2,
    weigh: (x) => {
      const far = Math.abs(x);
      if (far < 1) return ((CUBIC + 2) * far - (CUBIC + 3)) * far * far + 1;
      return far < 2 ? (((far - 5) * far + 8) * far - 4) * CUBIC : 0;
    },
  },
  lanczos: { support: 3, weigh: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/**
 * The weights that make `side` pixels of the interval `from`..`to` of a source of `size` pixels, by Pillow's rule.
 *
 * Pixel `i` lies at `c = from + (i + 1/2) s`, `s = (to - from) / side`. With `f = max(1, s)`, the pixels `j`
 * within `support f` of it weigh `filter((j + 1/2 - c) / f)`, divided by the sum of all, rounded to 22 bits.
 * Pixels outside of the interval count too; those outside of the source do not.
 */
export function tapsOf(
  filter: Exclude<ResampleFilter, 'nearest'>,
  size: number,
  [from, to]: readonly [number, number],
  side: number,
): Taps {
  const { support, weigh } = FILTERS[filter];
  const scale = Math.fround(to - from) / side;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const most = Math.ceil(reach) * 2 + 1;
  const firsts = new Int32Array(side);
  const counts = new Int32Array(side);
  const weights = new Int32Array(side * most);
  const shares = new Float64Array(most);
  const squeeze = 1 / stretch;
  for (let i = 0; i < side; i++) {
    const centre = from + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const count = Math.min(size, Math.trunc(centre + reach + 0.5)) - first;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const share = weigh((tap + first - centre + 0.5) * squeeze);
      shares[tap] = share;
      sum += share;
    }
    firsts[i] = first;
    counts[i] = count;
    for (let tap = 0; tap < count; tap++) {
      const share = sum === 0 ? (shares[tap] as number) : (shares[tap] as number) / sum;
      weights[i * most + tap] = Math.trunc((share < 0 ? -0.5 : 0.5) + share * 2 ** WEIGHT_BITS);
    }
  }
  return { firsts, counts, weights, most };
}
