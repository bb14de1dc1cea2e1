import { benchError, listIds } from '../error.js';
import type { BenchmarkQuestion, BenchmarkTask } from '../tasks/benchmark-task.js';
import { findImages } from './find-images.js';

/** A question whose image, where it has one, is the path of its file. */
export type LocatedQuestion = BenchmarkQuestion;

/** Questions that can be asked, and those that can't. */
export interface LocatedQuestions {
  readonly questions: readonly LocatedQuestion[];
  /** Ids of questions whose image is not there. */
  readonly withoutFile: readonly string[];
}

/** Options of {@link locateQuestions}. */
export interface LocateQuestionsOptions {
  /** Leaves out questions whose image is not there, rather than refuse: they count as wrong. Default false. */
  readonly allowMissing?: boolean;
}

/**
 * A benchmark's questions with the paths of their images, found by name in a folder and below it. Those that
 * have none (half of ScienceQA's) are asked without.
 *
 * @param truth - the truth files, or folders of them, as the benchmark takes them
 * @param images - the folder of images
 * @throws FgamError `bench/missing-images` that lists the files which are not there, or there more than once;
 * `bench/bad-input` for a benchmark that asks nothing in words, or a folder that can't be read;
 * `bench/bad-truth`
 * @example
 * ```ts
 * import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { findBenchmark, locateQuestions } from '@fgam/bench';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'pope-'));
 * const [truth, images] = [join(folder, 'coco_pope_random.json'), join(folder, 'images')];
 * const rows = ['a.jpg', 'b.jpg'].map((image, question_id) =>
 *   JSON.stringify({ question_id, image, text: 'Is there a cat in the image?', label: 'yes' }),
 * );
 * await writeFile(truth, rows.join('\n'));
 * await mkdir(join(images, 'below'), { recursive: true });
 * await writeFile(join(images, 'below', 'b.jpg'), 'not read yet');
 * const allowMissing = true;
 * const found = await locateQuestions(findBenchmark('pope'), [truth], images, { allowMissing });
 * const [question] = found.questions;
 * if (question?.image !== join(images, 'below', 'b.jpg')) throw new Error(question?.image);
 * if (!question.prompt.startsWith('Is there a cat in the image?')) throw new Error(question.prompt);
 * if (found.withoutFile.join() !== 'random/0') throw new Error(found.withoutFile.join());
 * ```
 */
export async function locateQuestions(
  task: BenchmarkTask,
  truth: readonly string[],
  images: string,
  { allowMissing = false }: LocateQuestionsOptions = {},
): Promise<LocatedQuestions> {
  const all = await task.questions(truth);
  if (all.every(({ prompt }) => prompt === ''))
    throw benchError(
      'bench/bad-input',
      `${task.name}: expected questions in words, got none: it scores what detectors find; make its predictions with one and score them`,
    );
  const { paths, missing, ambiguous } = await findImages(
    images,
    all.flatMap(({ image }) => image ?? []),
  );
  const found = [
    ...(missing.length > 0 ? [`${missing.length} are not there (${listIds(missing)})`] : []),
    ...(ambiguous.length > 0 ? [`${ambiguous.length} are there more than once (${listIds(ambiguous)})`] : []),
  ];
  if (found.length > 0 && !allowMissing)
    throw benchError(
      'bench/missing-images',
      `${images}: expected the images of ${task.name}, but ${found.join(' and ')}; get them, or allow missing ones to leave their questions unanswered, which counts as wrong`,
    );
  const isHere = ({ image }: BenchmarkQuestion): boolean => image === undefined || paths.has(image);
  return {
    questions: all.filter(isHere).map(({ id, prompt, image = '' }) => {
      const path = paths.get(image);
      return { id, prompt, ...(path === undefined ? {} : { image: path }) };
    }),
    withoutFile: all.filter((question) => !isHere(question)).map(({ id }) => id),
  };
}
