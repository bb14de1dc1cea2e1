import type { Metrics } from '@fgam/bench';

/** Metrics as a list; the parts of a nested one are named `perAnswerType.number`. */
export function flatMetrics(metrics: Metrics): (readonly [name: string, value: number | null])[] {
  return Object.entries(metrics).flatMap(([name, value]) =>
    value === null || typeof value === 'number'
      ? [[name, value] as const]
      : Object.entries(value).map(([part, each]) => [`${name}.${part}`, each] as const),
  );
}
