import { z } from 'zod';
import { PAPER_ROLES } from './paper-roles.js';
import { paperValueSchema } from './paper-value.js';

const name = z.string().min(1);
const count = z.number().int().min(0);

/** Which system, by which critic, and at what size it was made: what is in one table shares all but the variant. */
const SYSTEM = {
  /** As of a row: `compact LLaVA`. */
  family: name,
  variant: name,
  /** Who gives the feedback: `module`. */
  critic: name,
  /** Whether it sees the truth: what comes of it is a bound and no system. */
  isBound: z.boolean(),
  /** The scale of training and test, by its name. */
  scale: name,
  /** Each has scenes of its own. */
  seeds: z.array(z.number().int()).min(1).readonly(),
};

/** A system's answers after 0, 1, ... K rounds, over seeds. */
export const loopSchema = z.strictObject({
  ...SYSTEM,
  roles: z.array(z.enum(PAPER_ROLES)).readonly(),
  rounds: z
    .array(
      z.strictObject({
        /** 0: first answers. */
        round: count,
        /**
         * Scores by `task.metric`; `reduction.TYPE`, percent of the errors of the base's first answers that
         * are gone; `fixed.TYPE` and `broken.TYPE`, answers since the first ones; `seconds` a question and
         * `latency`, how many times that is of first answers.
         */
        metrics: z.record(name, paperValueSchema).readonly(),
      }),
    )
    .min(1)
    .readonly(),
});

/** How often a system's critic is right about its first answers, over seeds. */
export const criticSchema = z.strictObject({
  ...SYSTEM,
  /** With thresholds of validation data, as its loop uses it, or as it comes. */
  isCalibrated: z.boolean(),
  types: z
    .array(
      z.strictObject({
        /** Of error: `object`; `any` is all of them. */
        type: name,
        /**
         * Of the answers that it refuses, the share that is wrong, and of the wrong ones, the share that it
         * refuses; absent where there is nothing to divide by.
         */
        precision: paperValueSchema.optional(),
        recall: paperValueSchema.optional(),
        /** Answers that are wrong, that it refuses, and both; sums over seeds. */
        wrong: count,
        refused: count,
        both: count,
      }),
    )
    .readonly(),
});

/** A system's answers round by round. */
export type PaperLoop = z.infer<typeof loopSchema>;

/** A critic's precision and recall. */
export type PaperCritic = z.infer<typeof criticSchema>;
