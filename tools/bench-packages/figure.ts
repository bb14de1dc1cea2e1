import { quantile } from 'simple-statistics';
import { z } from 'zod';

const measured = z.strictObject({
  name: z.string().min(1),
  /** `ms`, `bytes`, `%`; `times ort-cpu`. */
  unit: z.string().min(1),
  /** What a value in milliseconds is divided by, such as `scene`. */
  per: z.string().optional(),
  /** `neither`: told, but not judged beside an earlier run, as what it is made of is. */
  better: z.enum(['lower', 'higher', 'neither']),
  median: z.number(),
  /** First and third quartile of the runs. */
  quartiles: z.tuple([z.number(), z.number()]),
  runs: z.int().min(1),
  /** Of a time: the median of what the same runs took of the processor, in the same unit. */
  processor: z.number().optional(),
});

const absent = z.strictObject({ name: z.string().min(1), absent: z.string() });

/** One figure of a package's benchmark, or why there is none. */
export const figureSchema = z.union([measured, absent]);

/** A figure that was measured. */
export type MeasuredFigure = Readonly<z.infer<typeof measured>>;

/** One figure of a package's benchmark, or why there is none. */
export type Figure = MeasuredFigure | Readonly<z.infer<typeof absent>>;

/** What a figure's values are. */
export type FigureKind = Pick<MeasuredFigure, 'unit' | 'better'> & { readonly per?: string };

/**
 * Median and quartiles of what the runs gave.
 *
 * @param processor - of a time: what each run took of the processor
 * @throws Error where there are none, or one is not finite
 */
export function figureOf(
  name: string,
  samples: readonly number[],
  kind: FigureKind,
  processor?: readonly number[],
): MeasuredFigure {
  const at = (values: readonly number[], share: number): number => {
    if (values.length === 0 || !values.every(Number.isFinite))
      throw new Error(
        `${name}: expected finite values, got [${values.join(', ')}]; look at what is measured`,
      );
    return Number(quantile([...values], share).toPrecision(4));
  };
  return {
    ...{ name, ...kind, median: at(samples, 0.5) },
    ...{ quartiles: [at(samples, 0.25), at(samples, 0.75)], runs: samples.length },
    ...(processor === undefined ? {} : { processor: at(processor, 0.5) }),
  };
}
