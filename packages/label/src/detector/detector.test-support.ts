import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** The folder of the tiny Grounding DINO (`tools/make-tiny-detector.py` says what it answers). */
export const TINY_FOLDER = fileURLToPath(new URL('../../test-fixtures/tiny-grounding-dino', import.meta.url));

/** A square of one colour: left, top, width, height in pixels. */
export interface Patch {
  readonly colour: string;
  readonly at: readonly [left: number, top: number, width: number, height: number];
}

/**
 * A grey image with squares, as PNG. The tiny detector's images have a short side of 32 and
 * a long one of at most 64.
 */
export async function patchImage(width: number, height: number, patches: readonly Patch[]): Promise<Buffer> {
  const layers = patches.map(({ colour, at: [left, top, w, h] }) => ({
    input: { create: { width: w, height: h, channels: 3 as const, background: colour } },
    left,
    top,
  }));
  return sharp({ create: { width, height, channels: 3, background: '#777777' } })
    .composite(layers)
    .png()
    .toBuffer();
}

/** A copy of the tiny folder, one of its JSON files changed. */
export async function changedFolder(
  file: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-dino-'));
  await cp(TINY_FOLDER, folder, { recursive: true });
  const value = JSON.parse(await readFile(join(folder, file), 'utf8')) as Record<string, unknown>;
  await writeFile(join(folder, file), JSON.stringify({ ...value, ...changes }));
  return folder;
}
