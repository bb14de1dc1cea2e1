import type { KernelAttributes } from '../kernel.js';
import { range } from './layout.js';

/** Where along an axis of the image each place of the resized one lies, as a real number. */
function sources(
  input: number,
  output: number,
  { alignCorners, halfPixelCenters }: KernelAttributes,
): number[] {
  const isAligned = alignCorners === true && output > 1;
  const scale = isAligned ? (input - 1) / (output - 1) : input / output;
  return range(0, output).map((place) => (halfPixelCenters === true ? scale * (place + 0.5) : scale * place));
}

/** The place of the image that each place of the resized one repeats. */
export function nearestPlaces(input: number, output: number, attributes: KernelAttributes): number[] {
  const round = attributes['alignCorners'] === true ? Math.round : Math.floor;
  return sources(input, output, attributes).map((at) => Math.max(0, Math.min(input - 1, round(at))));
}

/** Shares of an axis of the image in the places of the resized one: a matrix [output, input] whose rows add up to 1. */
export function resizeShares(
  kind: 'bilinear' | 'nearest',
  input: number,
  output: number,
  attributes: KernelAttributes,
): Float32Array {
  const matrix = new Float32Array(output * input);
  const add = (row: number, column: number, share: number) => {
    const at = row * input + column;
    matrix[at] = (matrix[at] as number) + share;
  };
  if (kind === 'nearest') {
    nearestPlaces(input, output, attributes).forEach((column, row) => add(row, column, 1));
    return matrix;
  }
  const shift = attributes['halfPixelCenters'] === true ? 0.5 : 0;
  sources(input, output, attributes).forEach((source, row) => {
    const at = source - shift;
    const low = Math.max(0, Math.floor(at));
    const high = Math.min(input - 1, Math.ceil(at));
    const share = low === high ? 0 : at - low;
    add(row, low, 1 - share);
    add(row, high, share);
  });
  return matrix;
}
