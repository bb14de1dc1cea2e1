import type { ReadConversationsOptions } from './conversation-records.js';
import { type ConversationData, readConversations } from './read-conversations.js';

/**
 * Reads LLaVA-Instruct-150K (`llava_instruct_150k.json` and its parts, or any file of that form): questions and answers
 * about one image.
 *
 * `<image>` must stand at the beginning or the end of the first question, and is taken away. Official ids are
 * those of the images, so they repeat: the second becomes `<id>#2`. Records without an image (text alone) are
 * left out as `unknown-image`. What is wrong with one record leaves it out, counted and listed; an image name
 * that leads out of the folder too (`unsafe-entry`).
 *
 * @throws FgamError `data/bad-json` with position; `data/missing-file`; `data/empty` where no conversation is left;
 *   `data/too-many-skips`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readLlavaInstruct } from '@fgam/data';
 * const folder = await mkdtemp(join(tmpdir(), 'llava-'));
 * await writeFile(join(folder, 'instruct.json'), JSON.stringify([{
 *   id: '000000033471', image: '000000033471.jpg',
 *   conversations: [{ from: 'human', value: '<image>\nWhat is red?' }, { from: 'gpt', value: 'The bus.' }],
 * }]));
 * const { conversations } = await readLlavaInstruct({ file: join(folder, 'instruct.json'), images: folder, check: 'none' });
 * if (conversations[0]?.turns[0]?.question !== 'What is red?') throw new Error(JSON.stringify(conversations));
 * ```
 */
export async function readLlavaInstruct(options: ReadConversationsOptions): Promise<ConversationData> {
  return readConversations('readLlavaInstruct', 'llava-instruct', options);
}
