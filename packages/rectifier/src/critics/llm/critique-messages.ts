import { type CritiqueRequest, type EarlierTurn, imageDataUri, type QuestionContext } from '@fgam/data';
import type { ChatCompletionMessageParam } from 'openai/resources';
import {
  formatCritiqueFacts,
  LLM_CONVERSATION_PROMPT,
  LLM_CRITIC_PROMPT,
} from '../../prompts/llm-critic-prompt.js';

/** How much of a conversation an LLM critic is told. */
export interface ContextLimits {
  readonly readsContext: boolean;
  /** Of earlier turns but the system's; of those beyond the latest is cut, and the older ones are counted. */
  readonly contextCharacters: number;
}

/**
 * What an LLM critic is asked: the images in their order, the one asked about last, then the texts as data. A
 * question without a context is asked in the same words as ever (`LLM_CRITIC_PROMPT`).
 */
export async function critiqueMessages(
  { image, question, response, context }: CritiqueRequest,
  { readsContext, contextCharacters }: ContextLimits,
): Promise<ChatCompletionMessageParam[]> {
  const told =
    readsContext && context !== undefined && context.turns.length + context.images.length > 0
      ? context
      : undefined;
  const prompt = told ? LLM_CONVERSATION_PROMPT : LLM_CRITIC_PROMPT;
  const facts = { ...(told && earlierFacts(told, contextCharacters)), question, answer: response };
  const images = [...(told?.images ?? []), image];
  const urls = await Promise.all(images.map(imageDataUri));
  return [
    { role: 'system', content: prompt.system },
    {
      role: 'user',
      content: [
        ...urls.map((url) => ({ type: 'image_url' as const, image_url: { url } })),
        { type: 'text', text: formatCritiqueFacts(prompt, facts) },
      ],
    },
  ];
}

/** The turns with the numbers of their images, and those of the question's own turn. */
function earlierFacts(
  { turns, images }: QuestionContext,
  mostCharacters: number,
): Readonly<Record<string, unknown>> {
  const count = images.length + 1;
  let next = 1;
  const numbersOf = (many: number): number[] => Array.from({ length: many }, () => next++);
  const told = fitTurns(
    turns.map(({ role, text, images: brought = 0 }) => ({
      ...{ role, text },
      ...(brought === 0 ? {} : { images: numbersOf(brought) }),
    })),
    mostCharacters,
  );
  const own = numbersOf(Math.max(0, count + 1 - next));
  const leftOut = turns.length - told.length;
  return {
    ...{ images: count, 'asked about': count },
    ...(leftOut === 0 ? {} : { 'older turns left out': leftOut }),
    conversation: told,
    ...(own.length === 0 ? {} : { 'images of the question': own }),
  };
}

/** A turn as the critic is told it. */
interface ToldTurn {
  readonly role: EarlierTurn['role'];
  readonly text: string;
  /** Of a text that was cut. */
  readonly 'characters left out'?: number;
  /** Numbers of those that it brought. */
  readonly images?: readonly number[];
}

/**
 * The latest turns that fit and the beginning of the one that did not, with every turn of the system, as its
 * instructions hold throughout.
 */
function fitTurns(turns: readonly ToldTurn[], mostCharacters: number): ToldTurn[] {
  let left = mostCharacters;
  const fitting = turns.toReversed().flatMap((turn): ToldTurn[] => {
    const { role, text } = turn;
    if (role === 'system') return [turn];
    const before = left;
    left -= text.length;
    if (left >= 0) return [turn];
    if (before <= 0) return [];
    // Not within the two halves of one character.
    const begun = text.slice(0, before).replace(/[\ud800-\udbff]$/, '');
    return [{ ...turn, text: begun, 'characters left out': text.length - begun.length }];
  });
  return fitting.reverse();
}
