import Table from 'cli-table3';
import type { Interval } from '../bootstrap.js';
import type { HumanEvaluation, RatingMean, UnfinishedEvaluation } from './human-evaluation.js';
import { SCALES, type ScaleKey } from './scales.js';

/**
 * A study's result as text tables: means, agreement; or what is still to be rated.
 *
 * @example
 * ```ts
 * import { createStudy, humanEvaluation, humanEvaluationText, SCALES } from '@fgam/bench/human-eval';
 *
 * const study = createStudy({
 *   mode: 'rate',
 *   questions: [{ id: 'q', image: 'a.png', question: 'what is red ?' }],
 *   responses: new Map([
 *     ['base', [{ id: 'q', answer: 'the circle' }]],
 *     ['rectified', [{ id: 'q', answer: 'the square' }]],
 *   ]),
 *   raters: ['anna', 'ben'],
 *   seed: 1,
 * });
 * const open = humanEvaluationText(humanEvaluation(study, []));
 * // Until all is rated no system is named.
 * if (!open.startsWith('Not all is rated yet') || open.includes('rectified')) throw new Error(open);
 * const answers = study.raters.flatMap((rater) =>
 *   [0, 1].flatMap((system) => SCALES.map(({ key: scale }) => ({ rater, item: 'q', system, scale, value: 1 + system }))),
 * );
 * const text = humanEvaluationText(humanEvaluation(study, answers));
 * if (!text.includes('rectified')) throw new Error(text);
 * ```
 */
export function humanEvaluationText(result: HumanEvaluation | UnfinishedEvaluation): string {
  return result.complete ? resultText(result) : unfinishedText(result);
}

function unfinishedText({ items, raters, systems }: UnfinishedEvaluation): string {
  const rows = [...raters, ...systems].map(({ name, rated, of }) => [name, `${rated} of ${of}`]);
  return (
    `Not all is rated yet: systems stay unnamed, and no values are shown (${items} items).\n` +
    table(['', 'responses rated'], rows)
  );
}

function resultText({ items, raters, systems, agreement }: HumanEvaluation): string {
  const means = systems.map(({ name, scales }) => [
    name,
    ...SCALES.map(({ key }) => meanText(key, scales[key])),
  ]);
  const first = systems[0]?.name ?? '';
  const differences = systems.slice(1).map(({ name, scales }) => [
    `${name} - ${first}`,
    ...SCALES.map(({ key }) => {
      const { difference } = scales[key];
      if (!difference) return '';
      const { difference: value, interval } = difference;
      return `${value >= 0 ? '+' : ''}${valueText(key, value)} ${intervalText(key, interval)}`;
    }),
  ]);
  const alphas = SCALES.map(({ key }) => {
    const { alpha, interval } = agreement[key];
    if (raters.length < 2) return 'n/a (one rater)';
    return alpha === undefined ? 'n/a (nothing varies)' : `${alpha.toFixed(3)} ${numbersText(interval)}`;
  });
  return (
    `${items} items, ${raters.length} raters; 95 % intervals over items\n` +
    table(
      ['', ...SCALES.map(({ key, label }) => (key === 'factualError' ? 'Hallucination rate' : label))],
      [...means, ...differences, ["Krippendorff's alpha", ...alphas]],
    )
  );
}

function meanText(key: ScaleKey, { mean, interval }: RatingMean): string {
  return `${valueText(key, mean)} ${intervalText(key, interval)}`;
}

/** A rate and its differences in percent, others as they are. */
function valueText(key: ScaleKey, value: number): string {
  return key === 'factualError' ? `${(100 * value).toFixed(1)} %` : value.toFixed(2);
}

function intervalText(key: ScaleKey, [low, high]: Interval): string {
  return key === 'factualError'
    ? `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`
    : numbersText([low, high]);
}

function numbersText([low, high]: Interval): string {
  return `[${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function table(head: string[], rows: readonly string[][]): string {
  const drawn = new Table({ head, style: { head: [], border: [] } });
  drawn.push(...rows);
  return drawn.toString();
}
