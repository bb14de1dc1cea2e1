import {
  CHROMINANCE_AC,
  CHROMINANCE_DC,
  CHROMINANCE_STEPS,
  LUMINANCE_AC,
  LUMINANCE_DC,
  LUMINANCE_STEPS,
} from './jpeg-tables.js';
import type { ImageSize } from './records.js';

/** The steps of both tables at a quality of 1..100, zigzag order, by libjpeg's rule: halved from 50 to 75, doubled from 50 to 25. */
export function quantizationSteps(
  quality: number,
): readonly [luminance: Uint8Array, chrominance: Uint8Array] {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const scaled = (steps: Uint8Array) =>
    steps.map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
  return [scaled(LUMINANCE_STEPS), scaled(CHROMINANCE_STEPS)];
}

/** What stands before a baseline JPEG's only scan: JFIF, tables, a frame of Y, Cb and Cr at 4:2:0. */
export function jpegHeader({ width, height }: ImageSize, quality: number): Buffer {
  const [luminance, chrominance] = quantizationSteps(quality);
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    segment(0xdb, Buffer.of(0), luminance),
    segment(0xdb, Buffer.of(1), chrominance),
    segment(
      0xc0,
      Buffer.of(8, height >> 8, height & 255, width >> 8, width & 255, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1),
    ),
    segment(0xc4, Buffer.of(0x00), LUMINANCE_DC),
    segment(0xc4, Buffer.of(0x10), LUMINANCE_AC),
    segment(0xc4, Buffer.of(0x01), CHROMINANCE_DC),
    segment(0xc4, Buffer.of(0x11), CHROMINANCE_AC),
    segment(0xda, Buffer.of(3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0)),
  ]);
}

function segment(marker: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 2);
  return Buffer.concat([Buffer.of(0xff, marker, length >> 8, length & 255), ...parts]);
}
