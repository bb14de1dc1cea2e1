import { quantile } from 'simple-statistics';
import { z } from 'zod';

const measured = z.strictObject({
  name: z.string().min(1),
  /** `ms`, `bytes`, `%`; `times ort-cpu`. */
  unit: z.string().min(1),
  /** What a value in milliseconds is divided by, such as `scene`. */
  per: z.string().optional(),
  better: z.enum(['lower', 'higher']),
  median: z.number(),
  /** First and third quartile of the runs. */
  quartiles: z.tuple([z.number(), z.number()]),
  runs: z.int().min(1),
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

/** Median and quartiles of what the runs gave. @throws Error where there are none, or one is not finite */
export function figureOf(name: string, samples: readonly number[], kind: FigureKind): MeasuredFigure {
  if (samples.length === 0 || !samples.every(Number.isFinite))
    throw new Error(`${name}: expected finite values, got [${samples.join(', ')}]; look at what is measured`);
  const at = (share: number): number => Number(quantile([...samples], share).toPrecision(4));
  return { name, ...kind, median: at(0.5), quartiles: [at(0.25), at(0.75)], runs: samples.length };
}
