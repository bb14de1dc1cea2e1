import type { z } from 'zod';
import { listFaults } from './list-faults.js';
import type { SkipList } from './skips.js';

/** The faults that zod found, in one line. */
export function describeFaults(error: z.ZodError): string {
  return listFaults(error).join('; ');
}

/** A checked record; or undefined, and a skip under the record's own id where it has one. */
export function parseRecord<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  { file, what, skips }: { readonly file: string; readonly what: string; readonly skips: SkipList },
): z.infer<Schema> | undefined {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  skips.add(file, idOf(raw), 'bad-record', `${what}: ${describeFaults(result.error)}`);
  return undefined;
}

const ID_KEYS = ['id', 'ref_id', 'image_id', 'object_id', 'region_id', 'relationship_id'];

function idOf(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null) return '?';
  const found = Object.entries(raw).find(([key]) => ID_KEYS.includes(key));
  return found && (typeof found[1] === 'number' || typeof found[1] === 'string') ? String(found[1]) : '?';
}
