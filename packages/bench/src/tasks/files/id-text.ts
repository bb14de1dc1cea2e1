import { z } from 'zod';

/** An id as a number or a text, made text. */
export const idText = z.union([z.int(), z.string().min(1)]).transform(String);

/** An id as official files have it: a number where it is written as one. */
export function savedId(id: string): number | string {
  return /^\d+$/.test(id) ? Number(id) : id;
}
