import { readFile } from 'node:fs/promises';
import { IMAGE_URI, imageBytes, imageUri, isFgamError, readImageSize } from '@fgam/data';
import { benchError } from '../error.js';
import type { Report } from './schema.js';

/**
 * A report whose examples hold their images as data URIs, so that it depends on no other file.
 *
 * @throws FgamError `bench/bad-report` that names every image which can't be read or shown
 */
export async function embedImages(report: Report): Promise<Report> {
  const faults: string[] = [];
  const examples: Report['examples'][number][] = [];
  for (const [index, example] of report.examples.entries()) {
    const image = await embed(example.image);
    if (typeof image === 'string') examples.push({ ...example, image });
    else faults.push(`examples.${index}.image: ${image.fault}`);
  }
  if (faults.length > 0)
    throw benchError(
      'bench/bad-report',
      `embedImages: expected examples with PNG, JPEG, WebP or GIF images, got ${faults.join('; ')}; check these files`,
    );
  return { ...report, examples };
}

async function embed(image: string): Promise<string | { readonly fault: string }> {
  try {
    const uri = IMAGE_URI.test(image) ? image : imageUri(await readFile(image));
    if (uri === undefined) return { fault: `${image} is of another format` };
    // A header without a size would be a broken image on the page.
    await readImageSize(imageBytes(uri));
    return uri;
  } catch (error) {
    if (isFgamError(error)) return { fault: error.message };
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
