import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../map-bounded.js';
import { formatQuestions } from '../questions.js';
import type { Question, QuestionKind } from '../records.js';
import { cocoCaptions, cocoInstances } from './coco-files.js';
import { sceneRelations } from './describe-scene.js';
import { popularKinds } from './existence-questions.js';
import { createRandom } from './random.js';
import { renderScene } from './render-scene.js';
import { sampleScene } from './sample-scene.js';
import { checkSettings, ID_OFFSETS, type SceneSettings, type WriteScenesOptions } from './scene-settings.js';
import { sceneQuestions } from './scene-questions.js';
import type { SceneRecord } from './scene-record.js';
import { sha256 } from '../sha256.js';
import { type FolderManifest, readFinished, writeWhole } from './scenes-folder.js';
import { visualGenomeFiles } from './visual-genome-files.js';

/** Raised when the same settings would give other files. */
const VERSION = 2;
const FORMAT = 'fgam-scenes';
/** Images under way at once: enough to keep the PNG encoder's threads busy. */
const CONCURRENCY = 8;
/** How much a scenes folder holds. */
export interface ScenesCounts {
  readonly images: number;
  readonly objects: number;
  readonly relations: number;
  readonly questions: Readonly<Record<QuestionKind, number>>;
}

/** What `writeScenes` did. */
export interface ScenesSummary {
  readonly out: string;
  readonly counts: ScenesCounts;
  /** True if the folder was there already, made with the same settings. */
  readonly reused: boolean;
}

/**
 * Writes seeded scenes as a data set in public formats: `images/*.png`, `annotations/instances.json` and
 * `annotations/captions.json` (COCO),
 * `visual_genome/{image_data,objects,attributes,relationships,region_descriptions}.json` (Visual Genome),
 * `questions.jsonl` (one `Question` a line), and `manifest.json`.
 *
 * The folder appears when it is whole. A second call with the same settings changes nothing.
 *
 * @throws FgamError `data/bad-config` for a setting out of range, or a folder that holds something else;
 * `data/not-writable`; the signal's reason if it is aborted
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readQuestions, writeScenes } from '@fgam/data';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'scenes-'));
 * const out = join(folder, 'test');
 * const summary = await writeScenes({ out, count: 4, seed: 7, split: 'test' });
 * const questions = await readQuestions(join(out, 'questions.jsonl'));
 * console.log(summary.counts.images, questions[0]?.question); // 4 "is there a ... ?"
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeScenes(options: WriteScenesOptions): Promise<ScenesSummary> {
  const { out, onProgress, signal } = options;
  const settings = checkSettings(options);
  const expected = { format: FORMAT, version: VERSION, settings };
  const finished = await readFinished<SceneSettings, ScenesCounts>(out, expected);
  if (finished) return { out, counts: finished.counts, reused: true };

  const records = sampleRecords(settings);
  const questions = askAll(records, settings);
  const counts = countAll(records, questions);
  const isPlaced = await writeWhole(out, async (folder) => {
    const files = await writeAnnotations(folder, records, questions, signal);
    const images = await writeImages(folder, records, onProgress, signal);
    const manifest: FolderManifest<SceneSettings, ScenesCounts> = { ...expected, counts, files, images };
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  });
  // Another run was faster: its folder must be the one asked for.
  if (!isPlaced) await readFinished<SceneSettings, ScenesCounts>(out, expected);
  return { out, counts, reused: !isPlaced };
}

function sampleRecords(settings: SceneSettings): SceneRecord[] {
  const { seed, split, count } = settings;
  return Array.from({ length: count }, (_, index) => {
    const id = ID_OFFSETS[split] + index + 1;
    const scene = sampleScene(createRandom(`scene/${seed}/${split}/${index}`), settings);
    return { id, fileName: `${String(id).padStart(12, '0')}.png`, scene };
  });
}

function askAll(records: readonly SceneRecord[], { seed, questions }: SceneSettings): Question[] {
  const popular = popularKinds(records.map((record) => record.scene));
  return records.flatMap(({ id, scene }) =>
    sceneQuestions(scene, createRandom(`questions/${seed}/${id}`), {
      sample: String(id),
      counts: questions,
      popular,
    }),
  );
}

function countAll(records: readonly SceneRecord[], questions: readonly Question[]): ScenesCounts {
  const asked = {
    existence: 0,
    spatial: 0,
    attribute: 0,
    grounding: 0,
    reasoning: 0,
    location: 0,
    caption: 0,
  };
  for (const question of questions) asked[question.kind] += 1;
  return {
    images: records.length,
    objects: records.reduce((total, record) => total + record.scene.objects.length, 0),
    relations: records.reduce((total, record) => total + sceneRelations(record.scene).length, 0),
    questions: asked,
  };
}

async function writeAnnotations(
  folder: string,
  records: readonly SceneRecord[],
  questions: readonly Question[],
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  for (const name of ['annotations', 'visual_genome', 'images']) await mkdir(join(folder, name));
  const texts: Record<string, string> = {
    'annotations/instances.json': JSON.stringify(cocoInstances(records)),
    'annotations/captions.json': JSON.stringify(cocoCaptions(records)),
    'questions.jsonl': formatQuestions(questions),
  };
  for (const [name, content] of Object.entries(visualGenomeFiles(records)))
    texts[`visual_genome/${name}`] = JSON.stringify(content);
  const digests: Record<string, string> = {};
  for (const [path, text] of Object.entries(texts)) {
    signal?.throwIfAborted();
    await writeFile(join(folder, path), text);
    digests[path] = sha256(text);
  }
  return digests;
}

async function writeImages(
  folder: string,
  records: readonly SceneRecord[],
  onProgress: WriteScenesOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<{ count: number; sha256: string }> {
  let done = 0;
  const digests = await mapBounded(records, CONCURRENCY, async ({ fileName, scene }) => {
    signal?.throwIfAborted();
    const png = await renderScene(scene);
    await writeFile(join(folder, 'images', fileName), png);
    done += 1;
    onProgress?.(done, records.length);
    return sha256(png);
  });
  return { count: records.length, sha256: sha256(digests.join('')) };
}
