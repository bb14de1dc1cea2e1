import type { Conversation } from '@fgam/data';
import { escapeSlot } from '../prompts/escape-slot.js';
import { engineFiles, type ExportFileOptions } from './export-format.js';

/**
 * Conversations about images as files that other engines train on: name -> content. All answers are taught.
 * Markers of images and turns within texts are escaped, and our location words are written as LLaVA's boxes,
 * as `exportTrajectories` has them, whose forms these are.
 *
 * @param conversations - each with an id of its own; `image` as it is to be written
 * @throws FgamError as `exportTrajectories`
 * @example
 * ```ts
 * import { exportConversations } from '@fgam/rectifier';
 *
 * const turns = [{ question: 'Is there a dog?', answer: 'no' }, { question: 'A cat?', answer: 'yes' }];
 * const files = exportConversations([{ id: '1', image: 'a.png', turns }], { format: 'llava' });
 * const [record] = JSON.parse(files['fgam.json'] ?? '');
 * if (record.conversations.length !== 4) throw new Error('expected both turns');
 * ```
 */
export function exportConversations(
  conversations: readonly Pick<Conversation, 'id' | 'image' | 'turns'>[],
  options: ExportFileOptions,
): Readonly<Record<string, string>> {
  const sft = conversations.map(({ id, image, turns }) => ({
    id,
    image,
    turns: turns.map(({ question, answer }) => ({
      question: escapeSlot(question),
      answer: escapeSlot(answer),
    })),
  }));
  return engineFiles('exportConversations', conversations, () => ({ sft, rm: [], preferences: [] }), options);
}
