import { benchError, listIds } from '../error.js';
import type { BenchmarkQuestion, BenchmarkTask } from '../tasks/benchmark-task.js';
import { findImages } from './find-images.js';

/** A question with the path of its image. */
export interface LocatedQuestion extends BenchmarkQuestion {
  readonly image: string;
}

/** Questions that can be asked, and those that can't. */
export interface LocatedQuestions {
  readonly questions: readonly LocatedQuestion[];
  /** Ids of questions whose image is not there. */
  readonly withoutFile: readonly string[];
  /** Ids of questions that have no image. */
  readonly textOnly: readonly string[];
}

/** Options of {@link locateQuestions}. */
export interface LocateQuestionsOptions {
  /** Leaves out questions that can't be asked, rather than refuse: they count as wrong. Default false. */
  readonly allowMissing?: boolean;
}

/**
 * A benchmark's questions with the paths of their images, found by name in a folder and below it.
 *
 * @throws FgamError `bench/missing-images` that lists the files; `bench/no-image` where questions have none, as an `Answerer` is asked about images; `bench/bad-input`
 *   for a benchmark that asks nothing in words
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
  const textOnly = all.flatMap(({ id, image }) => (image === undefined ? [id] : []));
  if (textOnly.length > 0 && !allowMissing)
    throw benchError(
      'bench/no-image',
      `${task.name}: ${textOnly.length} of ${all.length} questions have no image (${listIds(textOnly)}), and models are asked about an image here; allow missing ones to leave these unanswered, which counts as wrong`,
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
  const located = all.map(({ id, prompt, image = '' }) => ({ id, prompt, image: paths.get(image) }));
  const apart = new Set(textOnly);
  return {
    questions: located.flatMap(({ id, prompt, image }) =>
      image === undefined ? [] : [{ id, prompt, image }],
    ),
    withoutFile: located.flatMap(({ id, image }) => (image === undefined && !apart.has(id) ? [id] : [])),
    textOnly,
  };
}
