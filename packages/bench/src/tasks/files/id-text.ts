import { z } from 'zod';

/** An id as a number or a text, made text. */
export const idText = z.union([z.int(), z.string().min(1)]).transform(String);
