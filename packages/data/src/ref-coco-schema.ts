import { z } from 'zod';

const id = z.union([z.int(), z.string().min(1)]);

/** An entry of RefCOCO's list of references: an annotation of COCO, and what people called it. */
export const refCocoReference = z.object({
  ref_id: id,
  ann_id: id,
  image_id: id,
  split: z.string().min(1),
  sentences: z.array(z.unknown()).min(1),
});

/** One expression of a reference. `sent` is `raw` in lower case without punctuation; `tokens` are its words. */
export const refCocoSentence = z.object({ sent: z.string(), sent_id: id.optional() });
