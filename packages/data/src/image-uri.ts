/** The images that a page may hold: formats that every browser shows and that hold no script (SVG does). */
export const IMAGE_URI = /^data:image\/(?:png|jpeg|webp|gif);base64,([A-Za-z0-9+/]+={0,2})$/;

const SIGNATURES = [
  ['png', (bytes: Buffer) => bytes.toString('latin1', 0, 4) === '\x89PNG'],
  ['jpeg', (bytes: Buffer) => bytes.toString('latin1', 0, 3) === '\xff\xd8\xff'],
  ['webp', (bytes: Buffer) => /^RIFF....WEBP/s.test(bytes.toString('latin1', 0, 12))],
  ['gif', (bytes: Buffer) => /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))],
] as const;

/**
 * An image file's media type, such as `image/png`; undefined where its bytes are none of the
 * formats, whatever its name says.
 *
 * @example
 * ```ts
 * import { imageMediaType } from '@fgam/data';
 * const jpeg = imageMediaType(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]));
 * if (jpeg !== 'image/jpeg') throw new Error(jpeg);
 * // SVG may hold scripts, so it is none of the formats.
 * if (imageMediaType(Buffer.from('<svg/>')) !== undefined) throw new Error('expected no type');
 * ```
 */
export function imageMediaType(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 12));
  const [format] = SIGNATURES.find(([, matches]) => matches(start)) ?? [];
  return format && `image/${format}`;
}

/**
 * An image file's data URI; undefined where its bytes are none of the formats, whatever its name says.
 *
 * @example
 * ```ts
 * import { imageUri } from '@fgam/data';
 * // The first bytes of a PNG; the base64 of 3 bytes is 4 letters, that of the last byte alone 2 and ==.
 * const uri = imageUri(Buffer.from([0x89, 0x50, 0x4e, 0x47]));
 * if (uri !== 'data:image/png;base64,iVBORw==') throw new Error(uri);
 * if (imageUri(Buffer.from('no image')) !== undefined) throw new Error('expected no URI');
 * ```
 */
export function imageUri(bytes: Buffer): string | undefined {
  const type = imageMediaType(bytes);
  return type && `data:${type};base64,${bytes.toString('base64')}`;
}

/**
 * The bytes that a data URI of the pattern holds.
 *
 * @param uri - as `IMAGE_URI` matches it; any other text gives no bytes
 * @example
 * ```ts
 * import { imageBytes } from '@fgam/data';
 * const bytes = imageBytes('data:image/png;base64,iVBORw==');
 * if (bytes.toString('hex') !== '89504e47') throw new Error(bytes.toString('hex'));
 * if (imageBytes('https://a.example/1.png').length > 0) throw new Error('expected no bytes');
 * ```
 */
export function imageBytes(uri: string): Buffer {
  return Buffer.from(IMAGE_URI.exec(uri)?.[1] ?? '', 'base64');
}
