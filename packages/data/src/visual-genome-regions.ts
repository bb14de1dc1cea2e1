import { parseRecord } from './parse-record.js';
import { PictureRows } from './picture-rows.js';
import {
  boxIdsOf,
  isBoxInside,
  isText,
  readVisualGenomeEntries,
  type VisualGenomeContext,
} from './visual-genome-entries.js';
import { sizeOf, vgRegion, vgRegionsOf } from './visual-genome-schema.js';

/** Reads `region_descriptions.json`: rows of id, x, y, width, height in pixels; the text is the phrase. */
export async function readVisualGenomeRegions(
  file: string,
  context: VisualGenomeContext,
): Promise<PictureRows> {
  const { skips } = context;
  const rows = new PictureRows(context.images.pictures.length);
  for await (const { place, picture, content } of readVisualGenomeEntries(file, vgRegionsOf, context)) {
    const numbers: number[] = [];
    const texts: string[] = [];
    const seen = new Set(boxIdsOf(rows.of(place).numbers));
    for (const raw of content.regions) {
      const region = parseRecord(vgRegion, raw, { file, what: 'region', skips });
      if (!region) continue;
      const id = region.region_id ?? region.id;
      const { x, y, phrase } = region;
      if (id === undefined) skips.add(file, '?', 'bad-record', 'region: no region_id');
      else if (seen.has(id)) skips.add(file, id, 'duplicate-id', 'the image has a region of this id');
      else {
        seen.add(id);
        const { width, height } = sizeOf(region);
        if (!isText(phrase, 'phrase', skips, { file, id })) continue;
        if (!isBoxInside({ x, y, width, height }, picture, context, { file, id })) continue;
        numbers.push(id, x, y, width, height);
        texts.push(phrase.trim());
      }
    }
    rows.append(place, { numbers, texts });
  }
  return rows;
}
