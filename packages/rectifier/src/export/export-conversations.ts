import type { Conversation } from '@fgam/data';
import { rectifierError } from '../error.js';
import { isBlank } from '../loop/is-blank.js';
import { escapeSlot } from '../prompts/escape-slot.js';
import { engineFiles, type ExportFileOptions } from './export-format.js';

/**
 * Conversations about images as files that other engines train on: name -> content. All answers are taught; a
 * conversation with a blank one is left out, without a count, for what comes after it may go on about that answer.
 * Markers of images and turns within texts are escaped, and our location words are written as LLaVA's boxes,
 * as `exportTrajectories` has them, whose forms these are.
 *
 * @param conversations - each with an id of its own; `image` as it is to be written
 * @throws FgamError `rectifier/bad-trajectory` where there is none, each has a blank answer, two have one id, or one
 * has no image; `rectifier/bad-config` for a name that is no plain file name
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
  const said = conversations.filter(({ turns }) => !turns.some(({ answer }) => isBlank(answer)));
  if (conversations.length > 0 && said.length === 0)
    throw rectifierError(
      'rectifier/bad-trajectory',
      `exportConversations: expected conversations without blank answers, got one in each of ${conversations.length}; give others`,
    );
  const sft = said.map(({ id, image, turns }) => ({
    id,
    image,
    turns: turns.map(({ question, answer }) => ({
      question: escapeSlot(question),
      answer: escapeSlot(answer),
    })),
  }));
  return engineFiles('exportConversations', said, () => ({ sft, rm: [], preferences: [] }), options);
}
