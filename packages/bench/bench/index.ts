import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { bootstrapInterval, renderHtml, renderTable, scoreScenes } from '../src/index.js';
import { sampleReport, sampleTruth } from '../src/report/sample-report.test-support.js';

const QUESTIONS = 10_000;

/** Scenes until there are enough questions; about 13 a scene. */
const truth = sampleTruth(800);
const questions = truth.questions.slice(0, QUESTIONS);
if (questions.length < QUESTIONS) throw new Error(`only ${questions.length} questions`);
const predictions = questions.map(({ id, answer }) => ({ id, answer }));
const values = questions.map((_, row) => (row % 4 === 0 ? 0 : 1));
const groups = questions.map(({ sample }) => sample);
const median = (drawn: Float64Array): number => drawn.sort()[drawn.length >> 1] ?? Number.NaN;
const report = await sampleReport({ images: 24, steps: 1000 });

const benchmark = createBenchmark();
await benchmark.time('score 10,000 questions, 1 resample of each metric', () => {
  scoreScenes({ questions, samples: truth.samples, predictions, resamples: 1 });
});
await benchmark.time('score 10,000 questions, 1,000 resamples of each metric', () => {
  scoreScenes({ questions, samples: truth.samples, predictions });
});
await benchmark.time('bootstrap a mean of 10,000 rows, 1,000 resamples', () => {
  bootstrapInterval({ values, groups });
});
await benchmark.time('bootstrap a median of 10,000 rows, 100 resamples', () => {
  bootstrapInterval({ values, groups, statistic: median, resamples: 100 });
});
await benchmark.time('report of 3 variants as a text table', () => renderTable(report));
await benchmark.time('report of 3 variants as a page: 13 plots, 8 examples', () => renderHtml(report));
await benchmark.finish();
