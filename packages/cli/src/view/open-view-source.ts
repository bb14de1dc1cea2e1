import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type BenchmarkTask, findBenchmark } from '@fgam/bench';
import {
  answersSource,
  benchmarkSource,
  type BenchmarkViewInput,
  samplesSource,
  shardsSource,
  type ViewSource,
} from '@fgam/bench/view';
import { FgamError, readJson } from '@fgam/data';
import { z } from 'zod';
import { manifestFormat } from '../manifest-format.js';
import { readSceneData } from '../scene-data.js';
import { readAnswers } from './read-answers.js';

/** Options of {@link openViewSource}. */
export interface OpenViewOptions {
  /** Scenes folder that answers are about. Default: the one that the run's `scores.json` names. */
  readonly data?: string;
  /** Folder that the images of trajectories are relative to; with `task`, the benchmark's images. */
  readonly images?: string;
  /** The benchmark whose predictions the path holds. Default: as the run's `scores.json` says. */
  readonly task?: BenchmarkTask;
  /** Its official files; with `task`. */
  readonly truth?: readonly string[];
}

const anyScores = z.looseObject({ data: z.string() });
const benchmarkScores = z.looseObject({
  task: z.string(),
  truth: z.array(z.string()),
  images: z.string(),
});

/** Folders of `fgam bench run TASK --out` with predictions in the official format. */
const BENCHMARK_ANSWERS = /^(?:predictions|rectified)$/;

/** Files of `fgam bench run scenes --out`, the one that tells more first. */
const ANSWERS = ['trajectories.jsonl', 'predictions.jsonl'] as const;

/**
 * Opens what a path holds for the viewer: a folder of shards or scenes by its manifest, the folder of a run
 * (of a benchmark's run also `predictions` and `rectified` in it), one of its files, or a benchmark's
 * predictions that another program wrote.
 *
 * @throws FgamError `data/missing-file` for another folder; `data/bad-config` for options that have no use
 * there; as the readers do
 */
export async function openViewSource(path: string, options: OpenViewOptions): Promise<ViewSource> {
  const isFolder = await isFolderAt(path);
  const title = basename(resolve(path));
  const { task, truth, images } = options;
  if ((task === undefined) !== (truth === undefined) || (task !== undefined && options.data !== undefined))
    throw new FgamError(
      'data/bad-config',
      'fgam view: expected --task and --truth together, without --data; give both for the predictions of a benchmark, or neither',
    );
  if (task !== undefined && truth !== undefined)
    return benchmarkSource({
      title,
      task,
      truth,
      predictions: [path],
      ...(images === undefined ? {} : { images }),
    });
  const manifest = join(path, 'manifest.json');
  if (isFolder && existsSync(manifest)) {
    if (options.data !== undefined || options.images !== undefined)
      throw new FgamError(
        'data/bad-config',
        `fgam view: expected --data and --images beside answers, got ${path}, which holds samples; leave them out`,
      );
    return openSamples(path, manifest);
  }
  const run = isFolder ? await benchmarkRun(path) : undefined;
  if (run !== undefined) {
    if (options.data !== undefined)
      throw new FgamError(
        'data/bad-config',
        `fgam view: expected --data beside answers about scenes, got ${path}, the run of a benchmark; leave it out`,
      );
    return benchmarkSource({ title, ...run, ...(images === undefined ? {} : { images }) });
  }
  const file = isFolder
    ? ANSWERS.map((name) => join(path, name)).find((candidate) => existsSync(candidate))
    : path;
  if (file === undefined)
    throw new FgamError(
      'data/missing-file',
      `fgam view: expected a folder of shards, of scenes or of a run (${ANSWERS.join(', ')}), got ${path}; ` +
        'make one with fgam data build or fgam bench run scenes --out',
    );
  const folder = options.data ?? (await dataOfRun(join(file, '..')));
  const scenes = folder === undefined ? undefined : await readSceneData(folder);
  return answersSource({
    title: isFolder ? `${title}/${basename(file)}` : basename(file),
    answers: await readAnswers(file),
    ...(scenes ? { questions: scenes.questions, samples: scenes.samples } : {}),
    ...(images === undefined ? {} : { images }),
  });
}

async function isFolderAt(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new FgamError('data/missing-file', `fgam view: expected a folder or a file, got: ${said}`, {
      cause: error,
    });
  }
}

async function openSamples(folder: string, manifest: string): Promise<ViewSource> {
  const format = await manifestFormat(manifest);
  if (format === 'fgam-shards') return shardsSource(folder);
  if (format !== 'fgam-scenes')
    throw new FgamError(
      'data/bad-record',
      `${manifest}: expected the manifest of a scenes or shard folder; make one with fgam data build`,
    );
  const { samples, questions } = await readSceneData(folder);
  return samplesSource({ title: basename(resolve(folder)), samples, questions });
}

/** A benchmark's run by its folder, or by the folder of first or of rectified predictions in it. */
async function benchmarkRun(path: string): Promise<Omit<BenchmarkViewInput, 'title'> | undefined> {
  const isPart = BENCHMARK_ANSWERS.test(basename(resolve(path)));
  const scores = join(path, isPart ? '..' : '.', 'scores.json');
  if (!existsSync(scores)) return undefined;
  const { data } = benchmarkScores.safeParse(await readJson(scores));
  if (data === undefined) return undefined;
  const { task, truth, images } = data;
  return {
    task: findBenchmark(task),
    truth,
    images,
    predictions: [isPart ? path : join(path, 'predictions')],
  };
}

/** The data that a run was about, if it is still there. */
async function dataOfRun(run: string): Promise<string | undefined> {
  const path = join(run, 'scores.json');
  if (!existsSync(path)) return undefined;
  const data = anyScores.safeParse(await readJson(path)).data?.data;
  return data !== undefined && existsSync(join(data, 'questions.jsonl')) ? data : undefined;
}
