import Table from 'cli-table3';
import { compareFigure } from './compare-figure.js';
import type { JoinedFigure, PassedFigure } from './join-passes.js';

/** What a package's benchmark gave. */
export interface PackageFigures {
  /** Left out for a table of one package. */
  readonly package?: string;
  readonly figures: readonly PassedFigure[];
  /** Why there are none. */
  readonly fault?: string | undefined;
}

/** Milliseconds in one of each. */
const TIMES = [
  ['s', 1000],
  ['ms', 1],
  ['µs', 1e-3],
  ['ns', 1e-6],
] as const;
const PLAIN = { head: [], border: [] };

/**
 * Figures as a text table: median, spread, what the processor was taken for, runs; beside an earlier run the
 * ratio to it, with a word where that says something.
 *
 * @param least - of a ratio that says something, as `compareFigure` takes it
 */
export function figureTable(
  packages: readonly PackageFigures[],
  before?: readonly PackageFigures[],
  least?: number,
): string {
  const hasNames = packages.some((one) => one.package !== undefined);
  const head = ['benchmark', 'median', 'spread', 'processor', 'runs', ...(before ? ['ratio', ''] : [])];
  const table = new Table({
    head: hasNames ? ['package', ...head] : head,
    style: { ...PLAIN, compact: true },
    colAligns: [
      ...(hasNames ? (['left'] as const) : []),
      'left',
      'right',
      'right',
      'right',
      'right',
      'right',
      'left',
    ],
  });
  for (const { package: name = '', figures, fault } of packages) {
    const earlier = before?.find((one) => one.package === name)?.figures ?? [];
    const lead = hasNames ? [name] : [];
    for (const figure of figures) {
      const cells = 'absent' in figure ? ['n/a', figure.absent, '', ''] : valueCells(figure);
      const beside = before ? ratioCells(figure, earlier, least) : [];
      table.push([...lead, figure.name, ...cells, ...beside]);
    }
    if (fault !== undefined)
      table.push([...lead, `FAILED: ${fault}`, ...Array<string>(head.length - 1).fill('')]);
  }
  return table.toString();
}

function valueCells({ unit, per, median, spread, processor, runs }: JoinedFigure): string[] {
  const [name, size] =
    unit === 'ms' ? (TIMES.find(([, least]) => Math.abs(median) >= least) ?? ['ns', 1e-6]) : [unit, 1];
  const show = (value: number): string => String(Number((value / size).toPrecision(3)));
  const middle = `${show(median)} ${name}${per === undefined ? '' : `/${per}`}`;
  return [
    middle,
    spread.map(show).join(' to '),
    processor === undefined ? '' : show(processor),
    String(runs),
  ];
}

function ratioCells(figure: PassedFigure, earlier: readonly PassedFigure[], least?: number): string[] {
  const before = earlier.find(({ name }) => name === figure.name);
  const comparison = compareFigure(figure, before, least);
  if (comparison === undefined) return ['', before === undefined ? 'new' : 'not comparable'];
  const { ratio, verdict } = comparison;
  return [ratio.toFixed(2), verdict === 'same' ? '' : verdict];
}
