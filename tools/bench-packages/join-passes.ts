import { median } from 'simple-statistics';
import type { Figure, MeasuredFigure } from './figure.js';

/** A figure over all passes of a run. */
export interface JoinedFigure extends Omit<MeasuredFigure, 'quartiles'> {
  /** Lowest and highest median of the passes; of a single pass, the quartiles of its runs. */
  readonly spread: readonly [number, number];
  /**
   * What is held against another run, one of each pass: of a time what it took of the
   * processor, if that was measured.
   */
  readonly compared: readonly number[];
}

/** One figure of a package over all passes, or why there is none. */
export type PassedFigure = JoinedFigure | Extract<Figure, { readonly absent: string }>;

/** Joins a package's figures of several passes, by name and in the order in which they came. */
export function joinPasses(passes: readonly (readonly Figure[])[]): PassedFigure[] {
  const byName = new Map<string, Figure[]>();
  for (const figure of passes.flat()) {
    const known = byName.get(figure.name);
    if (known) known.push(figure);
    else byName.set(figure.name, [figure]);
  }
  return [...byName.values()].flatMap((figures): PassedFigure[] => {
    const measured = figures.flatMap((figure) => ('absent' in figure ? [] : [figure]));
    const [first] = measured;
    if (first === undefined)
      return figures.flatMap((figure) => ('absent' in figure ? [figure] : [])).slice(0, 1);
    const medians = measured.map((figure) => figure.median);
    const taken = measured.flatMap(({ processor }) => (processor === undefined ? [] : [processor]));
    const { name, unit, per, better, quartiles } = first;
    return [
      {
        ...{ name, unit, better, median: median(medians), ...(per === undefined ? {} : { per }) },
        spread: measured.length === 1 ? quartiles : [Math.min(...medians), Math.max(...medians)],
        runs: measured.reduce((sum, { runs }) => sum + runs, 0),
        ...(taken.length === measured.length
          ? { processor: median(taken), compared: taken }
          : { compared: medians }),
      },
    ];
  });
}
