import { relationOfPredicate } from './curated/predicates.js';
import { parseRecord } from './parse-record.js';
import { PictureRows } from './picture-rows.js';
import { isText, readVisualGenomeEntries, type VisualGenomeContext } from './visual-genome-entries.js';
import type { VisualGenomeObjects } from './visual-genome-objects.js';
import { vgRelationship, vgRelationshipsOf } from './visual-genome-schema.js';

/** What `relationships.json` holds. */
export interface VisualGenomeRelationships {
  /** Rows of the subject's and the object's row; the text is the predicate. */
  readonly rows: PictureRows;
  /** Predicates that are none of our relations, with their number. */
  readonly otherPredicates: ReadonlyMap<string, number>;
}

/** Reads `relationships.json`. */
export async function readVisualGenomeRelationships(
  file: string,
  objects: VisualGenomeObjects,
  context: VisualGenomeContext,
): Promise<VisualGenomeRelationships> {
  const { skips, images } = context;
  const rows = new PictureRows(images.pictures.length);
  const otherPredicates = new Map<string, number>();
  for await (const { place, content } of readVisualGenomeEntries(file, vgRelationshipsOf, context)) {
    const numbers: number[] = [];
    const texts: string[] = [];
    const rowOf = objects.rowsById(place);
    for (const raw of content.relationships) {
      const triple = parseRecord(vgRelationship, raw, { file, what: 'relationship', skips });
      if (!triple) continue;
      const id = triple.relationship_id;
      const ends = [triple.subject.object_id, triple.object.object_id] as const;
      const [subject, object] = [rowOf.get(ends[0]), rowOf.get(ends[1])];
      if (!isText(triple.predicate, 'predicate', skips, { file, id })) continue;
      if (subject === undefined || object === undefined) {
        const missing = ends[subject === undefined ? 0 : 1];
        skips.add(file, id, 'unknown-object', `the image has no usable object ${missing}`);
      } else if (subject === object)
        skips.add(file, id, 'bad-record', `relationship: subject and object are one, ${ends[0]}`);
      else {
        const predicate = triple.predicate.trim().toLowerCase();
        numbers.push(subject, object);
        texts.push(predicate);
        if (!relationOfPredicate(predicate))
          otherPredicates.set(predicate, (otherPredicates.get(predicate) ?? 0) + 1);
      }
    }
    rows.append(place, { numbers, texts });
  }
  return { rows, otherPredicates };
}
