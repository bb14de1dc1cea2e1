import type { ReadConversationsOptions } from './conversation-records.js';
import { type ConversationData, readConversations } from './read-conversations.js';

/**
 * Reads ShareGPT4V (`sharegpt4v_instruct_gpt4-vision_cap100k.json` and the others): long captions as
 * answers, in LLaVA's format.
 *
 * Image names begin with the folder of their source (`coco/train2017/...`, `sam/images/...`, `llava/...`), so
 * `images` is the folder that holds all of them; records of sources that are not there are left out as
 * `missing-image`. Else as `readLlavaInstruct`.
 *
 * @throws FgamError as `readLlavaInstruct`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readShareGpt4V } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'sharegpt4v-'));
 * await writeFile(join(folder, 'captions.json'), JSON.stringify([{
 *   id: '000000000009', image: 'coco/train2017/000000000009.jpg',
 *   conversations: [{ from: 'human', value: 'What do you see?\n<image>' }, { from: 'gpt', value: 'A table with four dishes.' }],
 * }]));
 * const { conversations } = await readShareGpt4V({ file: join(folder, 'captions.json'), images: folder, check: 'none' });
 * if (conversations[0]?.turns[0]?.answer !== 'A table with four dishes.') throw new Error(JSON.stringify(conversations));
 * ```
 */
export async function readShareGpt4V(options: ReadConversationsOptions): Promise<ConversationData> {
  return readConversations('readShareGpt4V', 'sharegpt4v', options);
}
