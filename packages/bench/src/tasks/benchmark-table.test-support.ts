import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchmarkTask } from './benchmark-task.js';
import { sharedData, writeFiles } from './choice.test-support.js';
import { movedAnnotations, readMiniScores } from './coco/moved-annotations.test-support.js';
import type { CocoKind } from './coco/read-coco.js';

/** A real file that is scored: what was recorded by the official rule, what of ours is held against it. */
interface RealCase {
  /** Whose answers. */
  readonly what: string;
  /** As `../shared/data/README.md` or the file's own test records it; undefined where no official result is known. */
  readonly official?: Readonly<Record<string, number | null>>;
  readonly metrics: readonly string[];
  readonly places: number;
  /** Truth and predictions; undefined where the shared data are missing. */
  readonly files: (
    task: BenchmarkTask,
  ) => Promise<{ readonly truth: string[]; readonly predictions: string[] }>;
  readonly needs: string;
}

/** Scores a file of one answer to every question. */
const always = (truth: string, answer: string) => async (task: BenchmarkTask) => {
  const questions = await task.questions([truth]);
  const answers = new Map(questions.map(({ id }) => [id, answer]));
  return {
    truth: [truth],
    predictions: [...(await task.savePredictions([truth], answers, await writeFiles({})))],
  };
};
const both = (truth: string, predictions: string) => () =>
  Promise.resolve({ truth: [truth], predictions: [predictions] });

const instances = sharedData('coco-mini', 'annotations', 'instances_train2017.json');
/** COCO's summary of annotations that a rule has moved; the official numbers are those of pycocotools. */
const ofCoco = (kind: CocoKind): RealCase => ({
  ...{ what: '80 photos, annotations moved by a rule', metrics: ['ap', 'ap50', 'ap75', 'ar100'], places: 6 },
  ...{ official: mini.scores[kind], needs: instances },
  files: async () => {
    const folder = await writeFiles({ 'results.json': await movedAnnotations(instances) });
    return { truth: [instances], predictions: [join(folder, 'results.json')] };
  },
});
const mini = await readMiniScores();

/** By task: the real files of the shared data. */
const REAL: Readonly<Record<string, RealCase>> = {
  pope: {
    ...{
      what: 'popular split, LLaVA-1.5-13B',
      metrics: ['accuracy', 'f1'],
      places: 5,
      needs: sharedData('pope'),
    },
    official: { accuracy: 0.87433, f1: 0.86246 },
    files: both(
      sharedData('pope', 'coco_pope_popular.json'),
      sharedData('pope', 'llava-v1.5-13b.popular.answers.jsonl'),
    ),
  },
  mme: {
    ...{ what: 'LaVIN', metrics: ['perception', 'cognition'], places: 3, needs: sharedData('mme', 'LaVIN') },
    official: { perception: 963.611, cognition: 249.643 },
    files: both(sharedData('mme', 'LaVIN'), sharedData('mme', 'LaVIN')),
  },
  vqav2: {
    ...{
      what: '500 questions, all answered yes',
      metrics: ['overall'],
      places: 2,
      needs: sharedData('vqav2'),
    },
    // The official rule in Python on the same files: tools/vqa_rule.py.
    official: { overall: 26.52 },
    files: always(sharedData('vqav2'), 'yes'),
  },
  'coco-detection': ofCoco('boxes'),
  'coco-segmentation': ofCoco('masks'),
  seed: {
    ...{
      what: 'GPT-4V, 8 of its ids twice',
      metrics: ['accuracy'],
      places: 2,
      needs: sharedData('seed-bench'),
    },
    files: both(sharedData('seed-bench', 'GPT-4V.json'), sharedData('seed-bench', 'GPT-4V.json')),
  },
  vsr: {
    ...{
      what: '340 statements, all answered yes',
      metrics: ['accuracy'],
      places: 2,
      needs: sharedData('vsr'),
    },
    files: always(sharedData('vsr', 'zeroshot-dev.jsonl'), 'yes'),
  },
};

/** Fixtures that go by another name than the task's. */
const FIXTURES: Readonly<Record<string, readonly string[]>> = {
  'coco-detection': ['coco'],
  'coco-segmentation': ['coco'],
  vqav2: ['short-answers'],
  textvqa: ['short-answers'],
  vizwiz: ['short-answers', 'vizwiz'],
};
const fixtures = fileURLToPath(new URL('../../test-fixtures', import.meta.url));

/** The head of the table. */
export const BENCHMARK_HEAD = ['task', 'benchmark', 'dialects', 'golden cases', 'official value', 'ours'];

/** A task's row; "ours" is undefined where the shared data that it takes are missing. */
export async function benchmarkRow(task: BenchmarkTask): Promise<(string | undefined)[]> {
  const real = REAL[task.name];
  const head = [`\`${task.name}\``, task.title, task.dialects.join(', '), await goldenCases(task.name)];
  if (real === undefined) return [...head, 'n/a', 'as in the golden cases'];
  const text = (values: Readonly<Record<string, unknown>>): string =>
    `${real.what}: ${real.metrics.map((name) => `${name} ${Number(values[name]).toFixed(real.places)}`).join(', ')}`;
  const official = real.official === undefined ? 'n/a' : text(real.official);
  if (!existsSync(real.needs)) return [...head, official, undefined];
  const { metrics } = await task.score({ ...(await real.files(task)), allowMissing: true });
  return [...head, official, text(metrics)];
}

/** Counts of the lists in the task's files of golden cases. */
async function goldenCases(name: string): Promise<string> {
  const counts = await Promise.all(
    (FIXTURES[name] ?? [name]).map(async (folder) => {
      const file = join(fixtures, folder, 'cases.json');
      if (!existsSync(file)) return [];
      const content = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>;
      return Object.entries(content).flatMap(([what, list]) =>
        Array.isArray(list) ? [`${list.length} ${what}`] : [],
      );
    }),
  );
  const all = counts.flat();
  return all.length === 0 ? 'by hand, in the test' : all.join(', ');
}
