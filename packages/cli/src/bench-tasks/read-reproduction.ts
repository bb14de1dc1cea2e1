import { listFaults, readJson } from '@fgam/data';
import { z } from 'zod';
import { CRITIC_KINDS } from '../quickstart/critics.js';
import { FAMILIES } from '../recipes/families.js';
import { badScores } from './bad-scores.js';

const name = z.string().min(1);
const count = z.number().int().min(0);

const spread = z.object({
  values: z.array(z.number()).min(1),
  mean: z.number(),
  /** JSON has none where one seed was run. */
  half: z.number().min(0).optional(),
});
const system = { family: z.enum(FAMILIES), variant: name, critic: z.enum(CRITIC_KINDS) };
const row = z.object({ ...system, rounds: count, metrics: z.record(name, spread) });
const critic = z.object({
  ...system,
  isCalibrated: z.boolean(),
  type: name,
  precision: spread.optional(),
  recall: spread.optional(),
  wrong: z.array(count),
  found: z.array(count),
  both: z.array(count),
});

/** What of a `reproduction.json` is read. */
const reproduction = z.object({
  // All of it, known or not: reproductions of one scale alone are merged.
  scale: z.looseObject({
    name,
    scenes: z.object({ train: count, validation: count, test: count }),
    steps: z.object({ alignment: count, instruction: count, critic: count }),
    batchSize: count,
  }),
  reward: name,
  auditor: name.optional(),
  runs: z
    .array(
      z.object({
        family: z.enum(FAMILIES),
        seed: z.number().int(),
        seconds: z.number().min(0),
        base: name.optional(),
      }),
    )
    .min(1),
  rows: z.array(row).min(1),
  critics: z.array(critic),
  validation: z.array(z.object({ family: z.enum(FAMILIES), variant: name, metrics: z.record(name, spread) })),
  alarms: z.array(
    z.object({ family: z.enum(FAMILIES), seed: z.number().int(), variant: name, alarm: z.string() }),
  ),
  // Files from before auditors have none.
  audits: z
    .array(
      z.object({
        ...{ family: z.enum(FAMILIES), seed: z.number().int(), variant: name, auditor: name },
        ...{ first: z.number().min(0).max(1), last: z.number().min(0).max(1) },
      }),
    )
    .default([]),
});

/** A reproduction as its file has it. */
export type SavedReproduction = z.infer<typeof reproduction>;

/**
 * Reads the `reproduction.json` of `fgam bench reproduce`.
 *
 * @throws FgamError `fgam/bad-scores` for another form, with the path of every fault;
 * `data/missing-file`, `data/bad-json`
 */
export async function readReproduction(file: string): Promise<SavedReproduction> {
  const parsed = reproduction.safeParse(await readJson(file));
  if (parsed.success) return parsed.data;
  throw badScores(
    `${file}: expected the reproduction.json of fgam bench reproduce --rows, got ${listFaults(parsed.error, 'reproduction').join('; ')}`,
  );
}
