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
  /** Of earlier turns; the oldest beyond are counted, not shown. */
  readonly contextCharacters: number;
}

/**
 * What an LLM critic is asked: the images in their order, the one asked about last, then the texts as data. A question without a context is asked in the same
 * words as ever (`LLM_CRITIC_PROMPT`).
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
  const told = turns.map(({ role, text, images: brought = 0 }) => ({
    ...{ role, text },
    ...(brought === 0 ? {} : { images: numbersOf(brought) }),
  }));
  const own = numbersOf(Math.max(0, count + 1 - next));
  const leftOut = countLeftOut(turns, mostCharacters);
  return {
    ...{ images: count, 'asked about': count },
    ...(leftOut === 0 ? {} : { 'older turns left out': leftOut }),
    conversation: told.slice(leftOut),
    ...(own.length === 0 ? {} : { 'images of the question': own }),
  };
}

/** How many of the oldest turns do not fit. */
function countLeftOut(turns: readonly EarlierTurn[], mostCharacters: number): number {
  let left = mostCharacters;
  return turns.findLastIndex(({ text }) => (left -= text.length) < 0) + 1;
}
