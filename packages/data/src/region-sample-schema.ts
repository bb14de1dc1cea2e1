import { z } from 'zod';
import { RELATIONS, type RegionSample } from './records.js';

const fraction = z.number().min(0).max(1);

const describer = z.object({
  model: z.string(),
  endpoint: z.string(),
  promptVersion: z.int(),
  temperature: z.number(),
  topP: z.number().exactOptional(),
  seed: z.int().exactOptional(),
  images: z.boolean(),
});

const captioner = z.object({
  captioner: z.string(),
  modelSha256: z.string(),
  task: z.string(),
  margin: z.number().exactOptional(),
  maxTokens: z.int(),
  version: z.int(),
});

const textScore = z.object({ value: z.number(), model: z.string(), modelSha256: z.string() });

const region = z.object({
  id: z.string(),
  box: z
    .object({ x0: fraction, y0: fraction, x1: fraction, y1: fraction })
    .refine((box) => box.x1 > box.x0 && box.y1 > box.y0, 'the box has no area'),
  mask: z
    .union([
      z.object({ kind: z.literal('polygons'), polygons: z.array(z.array(z.number())) }),
      z.object({ kind: z.literal('rle'), size: z.tuple([z.int(), z.int()]), counts: z.array(z.int()) }),
    ])
    .exactOptional(),
  label: z.string(),
  description: z.string(),
  attributes: z.array(z.string()).exactOptional(),
  source: z.string(),
  score: z.number().exactOptional(),
  provenance: z
    .object({
      detector: z.string(),
      weightsSha256: z.string(),
      thresholds: z.record(z.string(), z.number()),
      prompt: z.string(),
    })
    .exactOptional(),
  descriptionProvenance: z.union([describer, captioner]).exactOptional(),
  descriptionScore: textScore.exactOptional(),
});

/** Checks a `RegionSample` that comes from a file. */
export const regionSampleSchema = z.object({
  id: z.string(),
  image: z.string(),
  width: z.number().positive(),
  height: z.number().positive(),
  caption: z.string().exactOptional(),
  captionScore: textScore.exactOptional(),
  regions: z.array(region),
  relations: z
    .array(z.object({ subject: z.string(), relation: z.enum(RELATIONS), object: z.string() }))
    .exactOptional(),
  annotatedRelations: z
    .array(z.object({ subject: z.string(), predicate: z.string(), object: z.string() }))
    .exactOptional(),
  conversations: z
    .array(
      z.object({
        id: z.string(),
        turns: z.array(z.object({ question: z.string(), answer: z.string() })).min(1),
        source: z.string(),
      }),
    )
    .exactOptional(),
  incomplete: z.union([z.literal('all'), z.array(z.string())]).exactOptional(),
}) satisfies z.ZodType<RegionSample>;
