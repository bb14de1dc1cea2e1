import type { BenchmarkTask, RowAccounting } from '@fgam/bench';
import { benchmarkScoreText } from './benchmark-score-text.js';
import type { BenchmarkRun } from './run-benchmark.js';

/** Ids that are shown as text; all of them are in the JSON. */
const SHOWN = 10;

/**
 * A model's run on a benchmark for people: the scores of first and final answers, what the loop broke and
 * fixed, where the files are.
 */
export function benchmarkRunText(run: BenchmarkRun, task: BenchmarkTask): string {
  const { model, questions, withoutImage, requests, unanswered, predictions, score, rectified, notes } = run;
  const left = unanswered.withoutFile;
  return [
    `${model}: ${questions} questions answered, ${requests.asked} requests to the model, ${requests.remembered} remembered`,
    ...(withoutImage > 0
      ? [
          `asked without an image, as they have none: ${withoutImage}${rectified === undefined ? '' : '; their answers are not rectified'}`,
        ]
      : []),
    ...(left.length > 0
      ? [
          `not asked, as their image is not there: ${left.length} (${left.slice(0, SHOWN).join(', ')}${left.length > SHOWN ? ', ...' : ''})`,
        ]
      : []),
    ...(score === undefined ? [] : [benchmarkScoreText(score, task)]),
    `predictions: ${predictions.join(', ')}`,
    ...(rectified === undefined
      ? []
      : [
          `after the loop, ${rectified.critic}, ${rectified.rounds} rounds at most:`,
          ...Object.entries(rectified.accounting ?? {}).map(accountingText),
          ...(rectified.score === undefined ? [] : [benchmarkScoreText(rectified.score, task)]),
          `predictions: ${rectified.predictions.join(', ')}`,
        ]),
    ...notes,
  ].join('\n');
}

function accountingText([metric, counts]: [string, RowAccounting]): string {
  const { broken, fixed, unchangedRight, unchangedWrong, net } = counts;
  return `${metric}: broken ${broken}, fixed ${fixed}, still right ${unchangedRight}, still wrong ${unchangedWrong}, net ${net}`;
}
