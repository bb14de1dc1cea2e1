import {
  type ConversationImage,
  findConversationImages,
  readConversationRecords,
  type ReadConversationsOptions,
} from './conversation-records.js';
import { FgamError } from './error.js';
import { noConversations } from './read-conversations.js';
import type { RegionSample, SampleConversation } from './records.js';
import { type Skip, SkipList } from './skips.js';

/** Options of `streamInstructionSamples`. */
export interface StreamInstructionSamplesOptions extends ReadConversationsOptions {
  /** `sharegpt4v`: answers of a single turn are captions. */
  readonly source: 'llava-instruct' | 'sharegpt4v';
  /** How image files are looked at, each once; their sizes are needed. Default `decode`. */
  readonly check?: 'decode' | 'header';
}

/** What `streamInstructionSamples` found. */
export interface InstructionSampleStream {
  /** Number of samples. */
  readonly count: number;
  /** Read anew in every iteration. */
  readonly samples: AsyncIterable<RegionSample>;
  readonly skipped: readonly Skip[];
}

const FN = 'streamInstructionSamples';

/**
 * Reads LLaVA-Instruct or ShareGPT4V as samples for shards: one an image, its id the image's name in the file, with all
 * `conversations` about it and no regions.
 *
 * ShareGPT4V's caption files ask for a description and have one answer: the first such answer is the
 * sample's `caption`. Its mixed file (`mix665k`) has short answers too: read it as `llava-instruct`, which
 * takes none for a caption.
 *
 * The file is read once to check all of it, and again when the samples are gone through: each comes with the
 * last of its conversations, so that only what has been said of images to come is held (of ShareGPT4V's
 * caption files, next to nothing).
 *
 * @throws FgamError as `readLlavaInstruct`; samples: `data/bad-record` where the file has changed since it was checked
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { streamInstructionSamples } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'sharegpt4v-'));
 * await sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).png().toFile(join(folder, 'a.png'));
 * await writeFile(join(folder, 'captions.json'), JSON.stringify([{
 *   id: '9', image: 'a.png',
 *   conversations: [{ from: 'human', value: 'What do you see?\n<image>' }, { from: 'gpt', value: 'A red field.' }],
 * }]));
 * const { samples } = await streamInstructionSamples({ source: 'sharegpt4v', file: join(folder, 'captions.json'), images: folder });
 * for await (const sample of samples)
 *   if (sample.caption !== 'A red field.' || sample.conversations?.length !== 1) throw new Error(JSON.stringify(sample));
 * ```
 */
export async function streamInstructionSamples(
  options: StreamInstructionSamplesOptions,
): Promise<InstructionSampleStream> {
  const { file, source, signal } = options;
  const skips = new SkipList(FN, options.maxSkips);
  const ids = new Map<string, string[]>();
  for await (const { id, name } of readConversationRecords(file, skips, signal)) {
    const former = ids.get(name);
    if (former) former.push(id);
    else ids.set(name, [id]);
  }
  const images = await findConversationImages(ids.keys(), options);
  /** Of each usable image the number of its conversations. */
  const counts = new Map<string, number>();
  for (const [name, of] of ids) {
    const image = images.get(name);
    if (image && 'fault' in image)
      for (const id of of) skips.add(file, id, image.fault.reason, image.fault.detail);
    else counts.set(name, of.length);
  }
  if (counts.size === 0) throw noConversations(FN, file, skips.skips);

  async function* samples(): AsyncGenerator<RegionSample, void, undefined> {
    const waiting = new Map<string, SampleConversation[]>();
    let left = counts.size;
    // What is wrong was listed when the file was checked.
    for await (const { id, name, turns } of readConversationRecords(file, new SkipList(FN), signal)) {
      const of = waiting.get(name) ?? [];
      of.push({ id, turns, source });
      waiting.set(name, of);
      if (of.length < (counts.get(name) ?? 1)) continue;
      waiting.delete(name);
      const sample = sampleOf(name, images.get(name), of);
      if (!sample) continue;
      left--;
      yield sample;
    }
    if (left !== 0 || waiting.size > 0)
      throw new FgamError(
        'data/bad-record',
        `${FN}: expected ${file} as it was when it was checked, got other conversations; read it again`,
      );
  }
  return { count: counts.size, samples: { [Symbol.asyncIterator]: samples }, skipped: skips.skips };
}

/** Undefined where the image is of no use. */
function sampleOf(
  id: string,
  image: ConversationImage | undefined,
  conversations: readonly SampleConversation[],
): RegionSample | undefined {
  if (!image || 'fault' in image || !image.size) return undefined;
  const caption = conversations.find(isDescription)?.turns[0]?.answer;
  const { width, height } = image.size;
  return {
    ...{ id, image: image.path, width, height },
    ...(caption === undefined ? {} : { caption }),
    regions: [],
    conversations,
  };
}

function isDescription({ source, turns }: SampleConversation): boolean {
  return source === 'sharegpt4v' && turns.length === 1;
}
