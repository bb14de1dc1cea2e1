import { open } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import type { StudyQuestion } from '@fgam/bench/human-eval';
import { FgamError, imageUri, readJsonLines } from '@fgam/data';
import { z } from 'zod';
import { readSceneData } from '../scene-data.js';
import { imageOf } from '../answer-questions.js';

/** Where questions come from: a scenes folder, or a question file with a folder of images. */
export interface StudySource {
  readonly data?: string;
  readonly questions?: string;
  readonly images?: string;
}

/** As fgam and as LLaVA's question files name the fields; others are passed over. */
const line = z.union([
  z.object({ id: z.string().min(1), image: z.string().min(1), question: z.string().min(1) }),
  z
    .object({
      question_id: z.union([z.string().min(1), z.number()]).transform(String),
      image: z.string().min(1),
      text: z.string().min(1),
    })
    .transform(({ question_id: id, image, text: question }) => ({ id, image, question })),
]);

/** Enough to tell an image's format. */
const HEAD_BYTES = 16;

/**
 * Reads what a study asks about.
 *
 * @throws FgamError `data/bad-config` for neither or both sources; `data/bad-record` with the line;
 * `data/path-escape`; `data/bad-image` that lists images which a browser can't show
 */
export async function readStudyQuestions({ data, questions, images }: StudySource): Promise<StudyQuestion[]> {
  if (
    (data === undefined) === (questions === undefined) ||
    (questions === undefined) !== (images === undefined)
  )
    throw new FgamError(
      'data/bad-config',
      'fgam human-eval serve: expected --data FOLDER, or --questions FILE with --images FOLDER; give one of these',
    );
  const asked =
    data === undefined ? await readQuestionFile(questions ?? '', images ?? '') : await readScenesFolder(data);
  const unreadable: string[] = [];
  for (const image of new Set(asked.map((each) => each.image)))
    if (!(await isShown(image))) unreadable.push(image);
  if (unreadable.length > 0)
    throw new FgamError(
      'data/bad-image',
      `fgam human-eval serve: expected PNG, JPEG, WebP or GIF files, got ${unreadable.length} others or none: ` +
        `${unreadable.slice(0, 10).join(', ')}; check these files`,
    );
  return asked;
}

async function readScenesFolder(folder: string): Promise<StudyQuestion[]> {
  const data = await readSceneData(folder);
  return data.questions.map((each) => ({ id: each.id, image: imageOf(data, each), question: each.question }));
}

async function readQuestionFile(path: string, folder: string): Promise<StudyQuestion[]> {
  return (await readJsonLines(path)).map(({ line: number, value }) => {
    const parsed = line.safeParse(value);
    if (!parsed.success)
      throw new FgamError(
        'data/bad-record',
        `${path}:${number}: expected {id, image, question} or {question_id, image, text}; repair or remove the line`,
      );
    const image = join(folder, parsed.data.image);
    const inside = relative(folder, image);
    if (isAbsolute(parsed.data.image) || inside.startsWith('..') || isAbsolute(inside))
      throw new FgamError(
        'data/path-escape',
        `${path}:${number}: expected an image within ${folder}, got ${parsed.data.image}; name it from that folder`,
      );
    return { ...parsed.data, image };
  });
}

async function isShown(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES);
      return imageUri(buffer.subarray(0, bytesRead)) !== undefined;
    } finally {
      await file.close();
    }
  } catch {
    // The caller lists what can't be read.
    return false;
  }
}
