import { dirname, join, resolve } from 'node:path';
import {
  type Conversation,
  type DataSplit,
  FgamError,
  llavaQuestionTurn,
  readQuestions,
  readScenes,
  readShards,
  regionConversations,
  type RegionSample,
  type SkipList,
  type Trajectory,
} from '@fgam/data';
import { type ExportFileOptions, exportTrajectories, isBlank, streamTrajectories } from '@fgam/rectifier';
import { conversationPart } from './conversation-part.js';
import { createConversationSpool } from './conversation-spool.js';
import type { ExportSource } from './find-export-source.js';
import type { ImageLayer, LaidImage } from './image-layer.js';
import { writeInParts } from './write-in-parts.js';

/** How training data is exported. */
export interface ExportDataOptions extends ExportFileOptions {
  /** Folder of the files. */
  readonly out: string;
  readonly layer: ImageLayer;
  readonly skips: SkipList;
  /** Folder that trajectories' images are relative to. Default: that of their file. */
  readonly images?: string;
  /** Whether trajectories that ended without an acceptance are taught too. */
  readonly all: boolean;
  /** Of shards. */
  readonly split: DataSplit;
  /** Most turns of a conversation about an image's regions. */
  readonly turns: number;
  /** Stops between two records, and while conversations are written between two parts. */
  readonly signal: AbortSignal;
}

/** The files of an engine by their names, and what they are made of. */
export interface ExportedFiles {
  readonly files: readonly string[];
  /** What was exported, by its kind. */
  readonly counts: Readonly<Record<string, number>>;
  /**
   * What is well but was not exported, by why: trajectories by how they ended, those whose question ends a
   * conversation (`within-a-conversation`), those and conversations without an answer (`blank-answer`), boxes
   * whose description fits another region too (`ambiguous-description`), images without captions, regions and
   * questions (`nothing-to-say`).
   */
  readonly leftOut: Readonly<Record<string, number>>;
}

/**
 * Writes what is exported of a source, some hundred records at a time; its images are laid on the way.
 *
 * @throws FgamError as the readers; `data/empty` where nothing is left
 */
export async function exportedFiles(
  source: ExportSource,
  options: ExportDataOptions,
): Promise<ExportedFiles> {
  switch (source.kind) {
    case 'trajectories':
      return trajectoryFiles(source.file, options);
    case 'shards':
      return conversationFiles(source.folder, samplesOfShards(source.folder, options), options);
    case 'scenes':
      return conversationFiles(source.folder, samplesOfScenes(source.folder, options), options);
  }
}

async function trajectoryFiles(file: string, options: ExportDataOptions): Promise<ExportedFiles> {
  const root = options.images ?? dirname(file);
  const leftOut: Record<string, number> = {};
  let [trajectories, revised] = [0, 0];
  async function* kept(): AsyncGenerator<Trajectory, void, undefined> {
    for await (const trajectory of streamTrajectories(file)) {
      options.signal.throwIfAborted();
      const { id, image, stop, attempts, final, context } = trajectory;
      // Engines' records have one image, and its question means nothing alone.
      if (context !== undefined) {
        leftOut['within-a-conversation'] = (leftOut['within-a-conversation'] ?? 0) + 1;
        continue;
      }
      if (!options.all && stop !== 'accepted') {
        leftOut[stop] = (leftOut[stop] ?? 0) + 1;
        continue;
      }
      if (isBlank(final)) {
        leftOut['blank-answer'] = (leftOut['blank-answer'] ?? 0) + 1;
        continue;
      }
      const path = pathOf(await options.layer.layFile(resolve(root, image)), file, id, options.skips);
      if (path === undefined) continue;
      trajectories += 1;
      if (attempts[0]?.response !== final) revised += 1;
      yield { ...trajectory, image: path };
    }
  }
  const files = await writeInParts(
    kept(),
    (part) => exportTrajectories(part, { ...options, critic: true }),
    options,
  );
  if (files.length === 0) {
    const [first] = options.skips.skips;
    throw new FgamError(
      'data/empty',
      `fgam export: expected ${options.all ? 'trajectories' : 'accepted trajectories'} with images in ${file}, got none` +
        `${first === undefined ? '' : `; the first: ${first.detail}. Their paths begin in ${root}: --images says where else`}`,
    );
  }
  return { files, counts: { trajectories, revised }, leftOut };
}

/** A sample whose image lies in the export, and what else is asked about it. */
interface LaidSample {
  readonly sample: RegionSample;
  readonly image: LaidImage;
  readonly asked: readonly Conversation[];
}

async function* samplesOfShards(folder: string, { layer, split }: ExportDataOptions) {
  for await (const { sample, image } of readShards(folder, { split }))
    yield { sample, image: await layer.layBytes(sample.image, image), asked: [] } satisfies LaidSample;
}

/** Scenes' captions are among their questions. */
async function* samplesOfScenes(folder: string, { layer }: ExportDataOptions) {
  const { samples } = await readScenes(folder);
  const asked = new Map<string, Conversation[]>();
  for (const question of await readQuestions(join(folder, 'questions.jsonl'))) {
    const turns = [llavaQuestionTurn(question)];
    const conversation = { id: question.id, image: '', turns, source: 'scenes' };
    asked.set(question.sample, [...(asked.get(question.sample) ?? []), conversation]);
  }
  for (const { id, image, width, height, regions } of samples)
    yield {
      // Its caption is asked for among the questions.
      sample: { id, image, width, height, regions },
      image: await layer.layFile(image),
      asked: asked.get(id) ?? [],
    } satisfies LaidSample;
}

async function conversationFiles(
  folder: string,
  samples: AsyncIterable<LaidSample>,
  options: ExportDataOptions,
): Promise<ExportedFiles> {
  const spool = createConversationSpool(options.out);
  try {
    let [images, ambiguous, silent, blank] = [0, 0, 0, 0];
    for await (const { sample, image, asked } of samples) {
      options.signal.throwIfAborted();
      const path = pathOf(image, folder, sample.id, options.skips);
      if (path === undefined) continue;
      const made = regionConversations(sample, { turns: options.turns });
      const all = [...made.conversations, ...asked];
      const own = all.filter(({ turns }) => !turns.some(({ answer }) => isBlank(answer)));
      blank += all.length - own.length;
      ambiguous += made.ambiguous;
      if (own.length === 0) silent += 1;
      else images += 1;
      for (const conversation of own) await spool.add({ ...conversation, image: path });
    }
    if (spool.count === 0)
      throw new FgamError(
        'data/empty',
        `fgam export: expected captions, regions or questions in ${folder}, got none of ${options.split} samples; data build and data describe make them`,
      );
    const files = await writeInParts(
      spool.read(),
      (part) => {
        options.signal.throwIfAborted();
        return conversationPart(part, spool.hasLong, options);
      },
      options,
    );
    return {
      files,
      counts: { images, conversations: spool.count, turns: spool.turns },
      leftOut: {
        ...(ambiguous > 0 ? { 'ambiguous-description': ambiguous } : {}),
        ...(silent > 0 ? { 'nothing-to-say': silent } : {}),
        ...(blank > 0 ? { 'blank-answer': blank } : {}),
      },
    };
  } finally {
    await spool.close();
  }
}

/** Where an image lies; a fault is a skip. */
function pathOf(image: LaidImage, file: string, id: string, skips: SkipList): string | undefined {
  if ('path' in image) return image.path;
  skips.add(file, id, image.fault.reason, image.fault.detail);
  return undefined;
}
