import type { Report } from '@fgam/bench';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** A variant's metric over several seeds. */
export interface Summary {
  readonly variant: string;
  readonly loop: 'without' | 'with';
  readonly metric: string;
  /** One value a seed. */
  readonly values: readonly number[];
  readonly mean: number;
  /** Half the width of the 95 % interval of the mean by Student's t; undefined for one seed. */
  readonly half: number | undefined;
}

/** The metrics of the table, with their headings. */
const SHOWN: readonly (readonly [metric: string, heading: string])[] = [
  ['existence.accuracy', 'existence'],
  ['spatial.accuracy', 'spatial'],
  ['grounding.precisionAt50', 'grounding'],
  ['attribute.accuracy', 'attribute'],
  ['reasoning.accuracy', 'reasoning'],
  ['caption.objectHallucination', 'false objects (-)'],
  ['caption.objectRecall', 'object recall'],
];

/** 97.5 % quantiles of Student's t by degrees of freedom, 1 to 30; beyond, the normal's. Source: any table of t. */
const STUDENT_T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;
const NORMAL = 1.96;

/** Mean and interval of each shown metric of each variant over the reports of several seeds. */
export function summarise(reports: readonly Report[]): Summary[] {
  const [first] = reports;
  if (first === undefined) return [];
  return first.variants.flatMap(({ name }) =>
    (['without', 'with'] as const).flatMap((loop) =>
      SHOWN.flatMap(([metric]): Summary[] => {
        const values = reports.flatMap(({ variants }) => {
          const variant = variants.find((each) => each.name === name);
          const metrics = loop === 'with' ? variant?.withLoop : variant?.metrics;
          return metrics?.[metric]?.value ?? [];
        });
        if (values.length === 0) return [];
        return [{ variant: name, loop, metric, values, mean: mean(values), half: halfWidth(values) }];
      }),
    ),
  );
}

function halfWidth(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const t = STUDENT_T[values.length - 2] ?? NORMAL;
  return (t * sampleStandardDeviation([...values])) / Math.sqrt(values.length);
}

/** The summaries as a table in Markdown. */
export function formatReproduction(summaries: readonly Summary[], seeds: readonly number[]): string {
  const rows = new Map<string, Map<string, Summary>>();
  for (const summary of summaries) {
    const key = `${summary.variant} | ${summary.loop}`;
    rows.set(key, (rows.get(key) ?? new Map<string, Summary>()).set(summary.metric, summary));
  }
  const headings = SHOWN.map(([, heading]) => heading);
  return [
    '# From random weights, over several seeds',
    '',
    `Made by \`fgam bench reproduce --seeds ${seeds.join(',')}\`: ${seeds.length} run(s), each with scenes, base checkpoint and variants of its`,
    'own. Mean ± half the 95 % interval of the mean over seeds (Student’s t); (-) less is better.',
    '',
    `| variant | loop | ${headings.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(headings.length)}`,
    ...[...rows].map(
      ([key, of]) => `| ${key} | ${SHOWN.map(([metric]) => formatSummary(of.get(metric))).join(' | ')} |`,
    ),
    '',
  ].join('\n');
}

function formatSummary(summary: Summary | undefined): string {
  if (summary === undefined) return 'n/a';
  const { mean: value, half } = summary;
  return half === undefined ? value.toFixed(3) : `${value.toFixed(3)} ± ${half.toFixed(3)}`;
}
