import { FgamError } from '../error.js';
import type { Conversation, ConversationTurn, Region, RegionSample } from '../records.js';
import { formatLlavaBox, LLAVA_BOX_HINT } from './llava-boxes.js';

/** Options of {@link regionConversations}. */
export interface RegionConversationsOptions {
  /** Most turns of a conversation; what is beyond them begins another one. Default 10. */
  readonly turns?: number;
}

/** Conversations of one image, and what was not asked. */
export interface RegionConversations {
  readonly conversations: readonly Conversation[];
  /** Regions whose description fits another region of the image too, so that it does not say which box is meant. */
  readonly ambiguous: number;
}

/**
 * What is asked: LLaVA-1.5's words for regions (arXiv:2310.03744, appendix: VG, RefCOCO),
 * boxes as its data has them.
 */
const ASK = {
  caption: 'Describe the image in one sentence.',
  region: 'Please provide a short description for this region: ',
};

/**
 * What is known of an image as conversations that models are trained on: its caption, a description for each
 * region's box, a box for each region's description, and the conversations that the sample has. Describing
 * and finding are conversations of their own, as one would give away the other's answers.
 *
 * @throws FgamError `data/bad-config` for less than one turn
 * @example
 * ```ts
 * import { regionConversations, type RegionSample } from '@fgam/data';
 *
 * const box = { x0: 0.1, y0: 0.2, x1: 0.5, y1: 0.6 };
 * const region = { id: '1', box, label: 'dog', description: 'a brown dog', source: 'coco' };
 * const sample: RegionSample = { id: '7', image: '7.jpg', width: 100, height: 100, regions: [region] };
 * const [describing, finding] = regionConversations(sample).conversations;
 * if (describing?.turns[0]?.answer !== 'a brown dog') throw new Error('expected its description');
 * if (finding?.turns[0]?.answer !== '[0.10, 0.20, 0.50, 0.60]') throw new Error('expected its box');
 * ```
 */
export function regionConversations(
  sample: RegionSample,
  options: RegionConversationsOptions = {},
): RegionConversations {
  const { turns: most = 10 } = options;
  if (!Number.isInteger(most) || most < 1)
    throw new FgamError('data/bad-config', `regionConversations: expected turns of 1 or more, got ${most}`);
  const { id, image, caption = '', regions } = sample;
  const described = regions.filter(({ description }) => description.trim() !== '');
  const counts = new Map<string, number>();
  for (const region of described) counts.set(wordsOf(region), (counts.get(wordsOf(region)) ?? 0) + 1);
  const single = described.filter((region) => counts.get(wordsOf(region)) === 1);
  const parts: readonly (readonly [string, readonly ConversationTurn[]])[] = [
    ['caption', caption.trim() === '' ? [] : [{ question: ASK.caption, answer: caption }]],
    [
      'regions',
      described.map(({ box, description }) => ({
        question: `${ASK.region}${formatLlavaBox(box)}`,
        answer: description,
      })),
    ],
    [
      'grounding',
      single.map(({ box, description }) => ({
        question: `${description}${LLAVA_BOX_HINT}`,
        answer: formatLlavaBox(box),
      })),
    ],
  ];
  const made = parts.flatMap(([part, turns]) =>
    Array.from({ length: Math.ceil(turns.length / most) }, (_, k): Conversation => {
      const name = k === 0 ? part : `${part}-${k + 1}`;
      return {
        id: `${id}/${name}`,
        image,
        turns: turns.slice(k * most, (k + 1) * most),
        source: 'regions',
      };
    }),
  );
  const own = (sample.conversations ?? []).map((conversation) => ({
    ...conversation,
    id: `${id}/conversation-${conversation.id}`,
    image,
  }));
  return { conversations: [...made, ...own], ambiguous: described.length - single.length };
}

/** Descriptions that differ in case, white space or a full stop say the same. */
function wordsOf({ description }: Region): string {
  const text = description.toLowerCase().trim().replace(/\s+/g, ' ');
  let end = text.length;
  while (end > 0 && '. '.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
