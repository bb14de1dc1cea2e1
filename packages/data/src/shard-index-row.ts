import { z } from 'zod';
import type { RegionSample } from './records.js';
import { regionSampleSchema } from './region-sample-schema.js';

/** One row of a shard folder's `index.parquet`: a region, and the image it belongs to. Columns have these names. */
export interface ShardIndexRow {
  /** Id of the sample. */
  readonly sample: string;
  /** Name of the tar. */
  readonly shard: string;
  /** Name of the sample's files in the tar, without extension. */
  readonly key: string;
  readonly split: string;
  /** Of the original image, pixels. */
  readonly width: number;
  /** Of the original image, pixels. */
  readonly height: number;
  /** SHA-256 of the image's bytes in the tar, as hexadecimal digits. */
  readonly sha256: string;
  /** Id of the region. */
  readonly region: string;
  /** Left, 0..1. */
  readonly x0: number;
  /** Top, 0..1. */
  readonly y0: number;
  /** Right, 0..1. */
  readonly x1: number;
  /** Bottom, 0..1. */
  readonly y1: number;
  /** JSON of a `Mask`: polygons in image fractions, or COCO's uncompressed run lengths. */
  readonly mask: string | null;
  readonly label: string;
  readonly description: string;
  readonly source: string;
  readonly score: number | null;
  /** JSON of a `Provenance`. */
  readonly provenance: string | null;
  /** JSON of a `DescriptionProvenance`. */
  readonly descriptionProvenance: string | null;
  /** JSON of a list of texts. */
  readonly attributes: string | null;
  /** Of the image. */
  readonly caption: string | null;
  /**
   * JSON of a list of `{ predicate, object }`: what the region is to others, by their ids; one of
   * `RELATIONS` or annotators' words.
   */
  readonly relations: string | null;
}

/** Columns of the file in order, their Parquet type, and whether they may be null. */
export const SHARD_INDEX_COLUMNS = [
  { name: 'sample', type: 'STRING' },
  { name: 'shard', type: 'STRING' },
  { name: 'key', type: 'STRING' },
  { name: 'split', type: 'STRING' },
  { name: 'width', type: 'INT32' },
  { name: 'height', type: 'INT32' },
  { name: 'sha256', type: 'STRING' },
  { name: 'region', type: 'STRING' },
  { name: 'x0', type: 'DOUBLE' },
  { name: 'y0', type: 'DOUBLE' },
  { name: 'x1', type: 'DOUBLE' },
  { name: 'y1', type: 'DOUBLE' },
  { name: 'mask', type: 'STRING', nullable: true },
  { name: 'label', type: 'STRING' },
  { name: 'description', type: 'STRING' },
  { name: 'source', type: 'STRING' },
  { name: 'score', type: 'DOUBLE', nullable: true },
  { name: 'provenance', type: 'STRING', nullable: true },
  { name: 'descriptionProvenance', type: 'STRING', nullable: true },
  { name: 'attributes', type: 'STRING', nullable: true },
  { name: 'caption', type: 'STRING', nullable: true },
  { name: 'relations', type: 'STRING', nullable: true },
] as const satisfies readonly {
  readonly name: keyof ShardIndexRow;
  readonly type: 'STRING' | 'INT32' | 'DOUBLE';
  readonly nullable?: true;
}[];

const text = z.string();
const fraction = z.number().min(0).max(1);
const { width, height } = regionSampleSchema.shape;

/** Checks a row that comes from a file. */
export const shardIndexRowSchema = z.object({
  sample: text,
  shard: text,
  key: text,
  split: text,
  width,
  height,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  region: text,
  x0: fraction,
  y0: fraction,
  x1: fraction,
  y1: fraction,
  mask: text.nullable(),
  label: text,
  description: text,
  source: text,
  score: z.number().nullable(),
  provenance: text.nullable(),
  descriptionProvenance: text.nullable(),
  // An index of a former version has no such columns.
  attributes: text.nullable().default(null),
  caption: text.nullable().default(null),
  relations: text.nullable().default(null),
}) satisfies z.ZodType<ShardIndexRow>;

/** The rows of one sample, a region each. */
export function shardIndexRows(
  sample: RegionSample,
  of: Pick<ShardIndexRow, 'shard' | 'key' | 'split' | 'sha256'>,
): ShardIndexRow[] {
  const relations = relationsBySubject(sample);
  return sample.regions.map((region) => ({
    sample: sample.id,
    ...of,
    width: Math.round(sample.width), // whole in every format; the record's type does not say so
    height: Math.round(sample.height),
    region: region.id,
    x0: region.box.x0,
    y0: region.box.y0,
    x1: region.box.x1,
    y1: region.box.y1,
    mask: jsonOf(region.mask),
    label: region.label,
    description: region.description,
    source: region.source,
    score: region.score ?? null,
    provenance: jsonOf(region.provenance),
    descriptionProvenance: jsonOf(region.descriptionProvenance),
    attributes: jsonOf(region.attributes),
    caption: sample.caption ?? null,
    relations: jsonOf(relations.get(region.id)),
  }));
}

interface IndexedRelation {
  readonly predicate: string;
  readonly object: string;
}

function relationsBySubject({
  relations = [],
  annotatedRelations = [],
}: RegionSample): Map<string, IndexedRelation[]> {
  const bySubject = new Map<string, IndexedRelation[]>();
  const ours = relations.map(({ relation: predicate, ...ends }) => ({ predicate, ...ends }));
  for (const { subject, predicate, object } of [...ours, ...annotatedRelations]) {
    const known = bySubject.get(subject);
    if (known) known.push({ predicate, object });
    else bySubject.set(subject, [{ predicate, object }]);
  }
  return bySubject;
}

function jsonOf(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
