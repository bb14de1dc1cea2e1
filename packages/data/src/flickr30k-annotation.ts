import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { MAX_IMAGE_SIDE } from './image-file.js';
import { parseDecimal } from './parse-decimal.js';
import { describeFaults } from './parse-record.js';

const decimal = z.string().transform((text, context) => {
  const value = parseDecimal(text);
  if (value !== undefined) return value;
  context.addIssue(`expected a number, got ${JSON.stringify(text.slice(0, 40))}`);
  return z.NEVER;
});
const side = decimal.pipe(z.int().positive().max(MAX_IMAGE_SIDE));

const file = z.object({
  annotation: z.object({
    filename: z.string().min(1),
    size: z.object({ width: side, height: side }),
    object: z.array(z.unknown()).default([]),
  }),
});

/**
 * An `object`: its chains, and either a box (pixels from 1, both ends inside it) or the word that it
 * has none or is the scene.
 */
export const flickr30kObject = z
  .object({
    name: z.array(z.string().regex(/^\d+$/, 'expected the number of a chain')).min(1),
    bndbox: z
      .array(z.object({ xmin: decimal, ymin: decimal, xmax: decimal, ymax: decimal }))
      .max(1)
      .optional(),
    nobndbox: z.enum(['0', '1']).optional(),
    scene: z.enum(['0', '1']).optional(),
  })
  .refine(
    ({ bndbox, nobndbox, scene }) => bndbox !== undefined || nobndbox === '1' || scene === '1',
    'neither a box nor the word that there is none',
  );

/** What one `Annotations/<id>.xml` says; its objects are checked one by one with `flickr30kObject`. */
export type Flickr30kAnnotation = z.infer<typeof file>['annotation'];

const LISTS = new Set(['object', 'name', 'bndbox']);

/** Entities are not expanded, and a document type is refused, so that no file can grow in memory. */
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  isArray: (tag) => LISTS.has(tag),
});

/** Parses an annotation file of Flickr30k Entities. A string says what is wrong. */
export function parseFlickr30kAnnotation(xml: string): Flickr30kAnnotation | string {
  if (/<!(?!--)/.test(xml)) return 'a document type or CDATA, which official files do not have';
  const valid = XMLValidator.validate(xml);
  if (valid !== true) return `no well-formed XML: ${valid.err.msg} (line ${valid.err.line})`;
  let raw: unknown;
  try {
    raw = parser.parse(xml);
  } catch (error) {
    return `no XML: ${error instanceof Error ? error.message : String(error)}`;
  }
  const result = file.safeParse(raw);
  return result.success ? result.data.annotation : describeFaults(result.error);
}
