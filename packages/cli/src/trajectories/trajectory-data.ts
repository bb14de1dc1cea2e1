import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import {
  curatedQuestions,
  type DataSplit,
  FgamError,
  type Question,
  readQuestions,
  type RegionSample,
} from '@fgam/data';
import { readAnnotatedShards } from '../commands/annotated-shards.js';
import { readSceneData, type SceneData, sceneDataOf } from '../scene-data.js';

/** Which questions are asked about photos. */
export interface PhotoQuestionsOptions {
  /** File of curated questions. Default: they are made. */
  readonly questions?: string;
  /** What trajectories are made of: none without `questions` among it. */
  readonly of: readonly string[];
  readonly seed: number;
  readonly perImage: number;
  readonly split: DataSplit;
}

/** Scenes with their questions. @throws FgamError `data/missing-file` for a folder without them; as `readSceneData` */
export async function questionedScenes(source: string): Promise<SceneData> {
  const questionFile = join(source, 'questions.jsonl');
  if (!existsSync(questionFile)) {
    throw new FgamError(
      'data/missing-file',
      `fgam data trajectories: expected a folder of shards or ${questionFile}, found neither; make one with fgam data build`,
    );
  }
  return readSceneData(source);
}

/** Annotated photos, laid in a folder, with the questions about them. */
export async function photoData(
  source: string,
  images: string,
  options: PhotoQuestionsOptions,
): Promise<SceneData> {
  const named = await readAnnotatedShards(source, { split: options.split });
  const questions = await photoQuestions(named, options);
  const samples = named.map((sample) => ({ ...sample, image: join(images, sample.image) }));
  const data = sceneDataOf(samples, questions);
  const odd = questions.find(({ sample }) => !data.sampleOf.has(sample));
  if (odd !== undefined || questions.length === 0)
    throw new FgamError(
      'data/empty',
      `fgam data trajectories: expected questions about images of ${source}, got ${odd === undefined ? 'none' : `${odd.id} about ${odd.sample}`}`,
    );
  await readAnnotatedShards(source, { split: options.split, images });
  return data;
}

/** Curated questions about photos: those of a file, or made here, where they are to be of questions. */
export async function photoQuestions(
  samples: readonly RegionSample[],
  { questions, of, seed, perImage }: Omit<PhotoQuestionsOptions, 'split'>,
): Promise<readonly Question[]> {
  if (questions !== undefined) return readQuestions(questions);
  return of.includes('questions') ? curatedQuestions(samples, { seed, perImage }).questions : [];
}

/**
 * The path of a question's image in what is written.
 *
 * @param root - what it is relative to, where samples have it from here
 */
export function imageNames(samples: readonly RegionSample[], root?: string): (question: Question) => string {
  const names = new Map(
    samples.map(({ id, image }) => [
      id,
      root === undefined ? image : relative(root, image).split(sep).join('/'),
    ]),
  );
  return ({ id, sample }) => {
    const name = names.get(sample);
    if (name !== undefined) return name;
    throw new FgamError(
      'data/bad-record',
      `fgam data trajectories: expected the image of question ${id}, got none of sample ${sample}`,
    );
  };
}
