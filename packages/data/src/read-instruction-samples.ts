import {
  findConversations,
  type FoundConversation,
  type ReadConversationsOptions,
} from './find-conversations.js';
import type { RegionSample, SampleConversation } from './records.js';
import type { Skip } from './skips.js';

/** Options of `readInstructionSamples`. */
export interface ReadInstructionSamplesOptions extends ReadConversationsOptions {
  /** `sharegpt4v`: answers of a single turn are captions. */
  readonly source: 'llava-instruct' | 'sharegpt4v';
  /** How image files are looked at, each once; their sizes are needed. Default `decode`. */
  readonly check?: 'decode' | 'header';
}

/** What `readInstructionSamples` found. */
export interface InstructionSampleData {
  readonly samples: readonly RegionSample[];
  readonly skipped: readonly Skip[];
}

/**
 * Reads LLaVA-Instruct or ShareGPT4V as samples for shards: one an image, its id the image's name in the file, with all
 * `conversations` about it and no regions.
 *
 * ShareGPT4V's caption files ask for a description and have one answer: the first such answer is the sample's `caption`. Its mixed file
 * (`mix665k`) has short answers too: read it as `llava-instruct`, which takes none for a caption. All texts are held.
 *
 * @throws FgamError as `readLlavaInstruct`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readInstructionSamples } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'sharegpt4v-'));
 * await sharp({ create: { width: 4, height: 2, channels: 3, background: '#f00' } }).png().toFile(join(folder, 'a.png'));
 * await writeFile(join(folder, 'captions.json'), JSON.stringify([{
 *   id: '9', image: 'a.png',
 *   conversations: [{ from: 'human', value: 'What do you see?\n<image>' }, { from: 'gpt', value: 'A red field.' }],
 * }]));
 * const { samples } = await readInstructionSamples({ source: 'sharegpt4v', file: join(folder, 'captions.json'), images: folder });
 * if (samples[0]?.caption !== 'A red field.' || samples[0].conversations?.length !== 1) throw new Error(JSON.stringify(samples));
 * ```
 */
export async function readInstructionSamples(
  options: ReadInstructionSamplesOptions,
): Promise<InstructionSampleData> {
  const { source } = options;
  const { found, skipped } = await findConversations('readInstructionSamples', options);
  const byImage = new Map<string, FoundConversation[]>();
  for (const conversation of found) {
    const former = byImage.get(conversation.name);
    if (former) former.push(conversation);
    else byImage.set(conversation.name, [conversation]);
  }
  const samples: RegionSample[] = [];
  for (const [id, of] of byImage) {
    const [first] = of;
    if (!first?.size) continue; // sizes are known, as images were looked at
    const conversations = of.map(({ id, turns }): SampleConversation => ({ id, turns, source }));
    const caption = source === 'sharegpt4v' ? captionOf(conversations) : undefined;
    const { width, height } = first.size;
    samples.push({
      ...{ id, image: first.path, width, height },
      ...(caption === undefined ? {} : { caption }),
      regions: [],
      conversations,
    });
  }
  return { samples, skipped };
}

function captionOf(conversations: readonly SampleConversation[]): string | undefined {
  return conversations.find(({ turns }) => turns.length === 1)?.turns[0]?.answer;
}
