import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BenchmarkScore, BenchmarkTask } from './benchmark-task.js';
import { jsonLines, writeFiles } from './choice.test-support.js';
import { FAULT_SAMPLES } from './fault-samples.test-support.js';
import { BENCHMARKS, findBenchmark } from './find-benchmark.js';

const COCO = [
  ...['ap', 'ap50', 'ap75', 'apSmall', 'apMedium', 'apLarge'],
  ...['ar1', 'ar10', 'ar100', 'arSmall', 'arMedium', 'arLarge'],
];

/**
 * Metrics that `fgam bench score --json` prints whatever the files, by the benchmark's name, and what right
 * answers to all questions score; null where the sample has none of that kind.
 */
const METRICS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  pope: { accuracy: 1, precision: 1, recall: 1, f1: 1, yesRatio: expect.any(Number) as number },
  mme: { perception: 200, cognition: null, tasks: { scene: 200 } },
  mmbench: { circular: 1, vanilla: 1 },
  scienceqa: { accuracy: 100, imageAccuracy: null },
  vqav2: { overall: 100, perAnswerType: { other: 100 } },
  textvqa: { overall: 100, perAnswerType: {} },
  vizwiz: { overall: 100, perAnswerType: { other: 100 } },
  gqa: { accuracy: 100, distribution: null, perLength: { 1: 100 } },
  aokvqa: { multipleChoice: 100, directAnswer: 100 },
  seed: { accuracy: 100, perType: {} },
  'mm-vet': { total: 100, perCapability: { ocr: 100 } },
  'mmhal-bench': { score: 6, hallucinationRate: 0 },
  spatialsense: { accuracy: 100, perPredicate: { on: 100 } },
  vsr: { accuracy: 100, perPredicate: { on: 100 } },
  fvqa: { top1: 100, top3: 100, meanReciprocalRank: 1 },
  gvqa: { precisionAt50: 1, answerAccuracy: 100 },
  refcoco: { precisionAt50: 1 },
  winoground: { text: 0, image: 0, group: 0 },
  sugarcrepe: { accuracy: expect.any(Number) as number },
  amber: { accuracy: 100, f1: 0 },
  'coco-detection': Object.fromEntries(COCO.map((name) => [name, null])),
  'coco-segmentation': Object.fromEntries(COCO.map((name) => [name, null])),
  chair: { chairS: 0, chairI: null, recall: null },
};

it.each(FAULT_SAMPLES.map((sample) => [sample.task.name, sample] as const))(
  'prints the metrics of %s by their names, each with a unit',
  async (name, { task, truth, ids, row, right, settings }) => {
    const files = Object.entries(truth).map(([file, content]) => [`truth/${file}`, content] as const);
    const folder = await writeFiles({
      ...Object.fromEntries(files),
      'said.jsonl': jsonLines(ids.map((id) => row(id, right))),
    });
    expectContract(
      name,
      task,
      await task.score({
        ...{ truth: [join(folder, 'truth')], predictions: [join(folder, 'said.jsonl')], ...settings },
      }),
    );
  },
);

it.each(['coco-detection', 'coco-segmentation', 'chair'])(
  'prints the metrics of %s by their names, each with a unit',
  async (name) => {
    const folder = await writeFiles({
      'instances_val.json': {
        images: [{ id: 1, file_name: '1.jpg', width: 8, height: 8 }],
        categories: [{ id: 1, name: 'cat' }],
        annotations: [],
      },
      'said.json':
        name === 'chair'
          ? [{ image_id: 1, caption: '' }]
          : [
              {
                ...{ image_id: 1, category_id: 1, score: 0.5, bbox: [0, 0, 4, 4] },
                segmentation: { size: [8, 8], counts: [0, 64] },
              },
            ],
    });
    const task = findBenchmark(name);
    expectContract(
      name,
      task,
      await task.score({
        truth: [join(folder, 'instances_val.json')],
        predictions: [join(folder, 'said.json')],
      }),
    );
  },
);

it('is written down for every benchmark', () => {
  expect(Object.keys(METRICS).sort()).toEqual(BENCHMARKS.map(({ name }) => name).sort());
});

function expectContract(name: string, task: BenchmarkTask, score: BenchmarkScore): void {
  expect(score).toMatchObject({ task: name, missing: 0, n: expect.any(Number) as number });
  for (const [metric, value] of Object.entries(METRICS[name] ?? {}))
    expect(score.metrics[metric], metric).toEqual(value);
  const units = Object.keys(task.units);
  for (const metric of Object.keys(score.metrics))
    expect(
      units.some((unit) => unit === metric || unit.startsWith(`${metric}.`)),
      metric,
    ).toBe(true);
  for (const [metric, [low, high]] of Object.entries(score.interval)) {
    expect(metric.split('.')[0], metric).toSatisfy((own: string) => own in score.metrics);
    expect(low, metric).toBeLessThanOrEqual(high);
  }
}
