import { parseDocument } from 'yaml';
import { z } from 'zod';
import { FgamError } from './error.js';
import { describeFaults } from './parse-record.js';
import { readSmallText } from './small-text.js';

const name = z.union([z.string().min(1), z.number()]).transform(String);
const places = z.union([
  z
    .string()
    .min(1)
    .transform((place) => [place]),
  z.array(z.string().min(1)).min(1),
]);

const schema = z.object({
  path: z.string().nullish(),
  train: places.nullish(),
  val: places.nullish(),
  test: places.nullish(),
  /** A data set of poses, whose labels have key points after the box. */
  kpt_shape: z.undefined('poses are not read').optional(),
  nc: z.int().positive().nullish(),
  names: z.union([
    z
      .array(name)
      .min(1)
      .transform((list) => new Map(list.map((text, index) => [index, text] as const))),
    z.map(z.int().nonnegative(), name).refine((map) => map.size > 0, 'no names'),
  ]),
});

/** What a YOLO `data.yaml` says. `download`, a program, is never looked at. */
export type YoloConfig = z.infer<typeof schema>;

/**
 * Reads a `data.yaml`: keys that repeat, unknown tags and aliases that multiply are refused.
 *
 * @throws FgamError `data/missing-file`; `data/bad-record` with all that is wrong
 */
export async function readYoloConfig(fn: string, path: string): Promise<YoloConfig> {
  const refuse = (problem: string, cause?: unknown) =>
    new FgamError(
      'data/bad-record',
      `${fn}: expected names and folders of images in ${path}, got: ${problem}; repair the file`,
      { cause },
    );
  const text = await readSmallText(path);
  if (typeof text !== 'string') throw refuse(text.problem);
  let raw: unknown;
  try {
    const document = parseDocument(text, { version: '1.2', uniqueKeys: true });
    const [fault] = [...document.errors, ...document.warnings];
    if (fault) throw fault;
    raw = document.toJS({ mapAsMap: true, maxAliasCount: 10 });
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
  const fields: unknown = raw instanceof Map ? Object.fromEntries(raw) : raw;
  const result = schema.safeParse(fields);
  if (!result.success) throw refuse(describeFaults(result.error));
  const { nc, names } = result.data;
  if (typeof nc === 'number' && nc !== names.size) throw refuse(`nc ${nc}, but ${names.size} names`);
  return result.data;
}
