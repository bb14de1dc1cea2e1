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
 */
export function imageMediaType(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 12));
  const [format] = SIGNATURES.find(([, matches]) => matches(start)) ?? [];
  return format && `image/${format}`;
}

/** An image file's data URI; undefined where its bytes are none of the formats, whatever its name says. */
export function imageUri(bytes: Buffer): string | undefined {
  const type = imageMediaType(bytes);
  return type && `data:${type};base64,${bytes.toString('base64')}`;
}

/** The bytes that a data URI of the pattern holds. */
export function imageBytes(uri: string): Buffer {
  return Buffer.from(IMAGE_URI.exec(uri)?.[1] ?? '', 'base64');
}
