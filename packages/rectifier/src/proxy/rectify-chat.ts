import { randomUUID } from 'node:crypto';
import type { Answerer, Attempt, Critic, QuestionContext, Trajectory } from '@fgam/data';
import { PortError, rectifierError } from '../error.js';
import { rectify } from '../loop/rectify.js';
import type { RectifyEvent } from '../loop/rectify-options.js';
import { namedRequest } from '../loop/request-state.js';
import { escapeSlot } from '../prompts/escape-slot.js';
import { fillSlots } from '../prompts/fill-slots.js';
import { TURNS_PROMPT } from '../prompts/turns-prompt.js';
import type { ChatBody } from './chat-request.js';
import { sumUsage } from './sum-usage.js';
import type { Completion, Upstream } from './upstream.js';

/** A conversation with its first answer, and how that is rectified. */
export interface RectifyChat {
  /** With data URIs in place of all URLs. */
  readonly body: ChatBody;
  readonly first: Completion;
  readonly image: Uint8Array;
  readonly question: string;
  /** What is before question and image. */
  readonly context: QuestionContext | undefined;
  readonly critic: Critic;
  readonly rounds: number;
  /** Milliseconds that are left. */
  readonly budgetMs: number;
  readonly upstream: Upstream;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RectifyEvent) => void;
  /** Told why a round failed. */
  readonly onFailure: (error: Error) => void;
}

/** Why the first answer was returned though rounds were asked for. */
export type Degraded = 'critic-failed' | 'revision-failed';

/** What came of it. */
export interface RectifiedChat {
  /** The final answer's, with the usage of all answers. */
  readonly completion: Completion;
  /** Of a degraded one: the rounds until then, and the first answer as final. */
  readonly trajectory: Trajectory;
  readonly degraded?: Degraded;
}

/**
 * Rectifies the first answer of a conversation. A revision is asked as further turns of it: the former
 * answer, then the feedback (`TURNS_PROMPT`), by the request's own parameters. Where the critic or a revision
 * fails in whatever way, the first answer is returned.
 *
 * @throws the signal's reason
 */
export async function rectifyChat(chat: RectifyChat): Promise<RectifiedChat> {
  const { first, image, question, context, critic, rounds, upstream, signal } = chat;
  const id = randomUUID();
  const completions = [first];
  const attempts: Attempt[] = [];
  const response = textOf(first);
  const onEvent = (event: RectifyEvent): void => {
    if (event.type === 'response') attempts.push({ response: event.response });
    const last = attempts.at(-1);
    if (event.type === 'feedback' && last)
      attempts[attempts.length - 1] = { ...last, feedback: event.feedback };
    chat.onEvent(event);
  };
  const answerer: Answerer = {
    name: 'upstream',
    answer: (requests, call = {}) =>
      Promise.all(
        requests.map(async ({ revision }) => {
          const { response: former = '', feedback = '' } = revision ?? {};
          const turns = [
            { role: 'assistant', content: escapeSlot(former) },
            { role: 'user', content: fillSlots(TURNS_PROMPT.revise, { feedback }) },
          ];
          const body = { ...chat.body, messages: [...chat.body.messages, ...turns] };
          const completion = await upstream.complete(body, call.signal ?? signal);
          completions.push(completion);
          const text = textOf(completion);
          if (text.trim() === '')
            throw rectifierError('rectifier/bad-port', 'createProxy: the upstream revised to no text');
          const tokens = completion.usage?.completion_tokens;
          return { text, ...(tokens === undefined ? {} : { tokens }) };
        }),
      ),
  };
  const request = { id, image, question, response, ...(context ? { context } : {}) };
  const finish = (final: string): Completion => {
    const chosen = completions.find((each) => textOf(each) === final) ?? first;
    return { ...chosen, ...(first.id === undefined ? {} : { id: first.id }), usage: sumUsage(completions) };
  };
  try {
    const [trajectory] = await rectify({
      answerer,
      critic,
      requests: [request],
      rounds,
      budget: { milliseconds: Math.max(1, chat.budgetMs) },
      onEvent,
      signal,
    });
    if (trajectory === undefined) throw new Error('rectify gives a trajectory for each request');
    return { completion: finish(trajectory.final), trajectory };
  } catch (error) {
    signal.throwIfAborted();
    chat.onFailure(error instanceof Error ? error : new Error(String(error)));
    const story = attempts.length > 0 ? attempts : [{ response }];
    return {
      completion: finish(response),
      trajectory: { ...namedRequest(request), attempts: story, final: response, stop: 'degraded' },
      degraded: isOfCritic(error, story) ? 'critic-failed' : 'revision-failed',
    };
  }
}

/** Whether the critic failed; of an error that does not say whose it is, whether the last answer has no feedback. */
function isOfCritic(error: unknown, attempts: readonly Attempt[]): boolean {
  if (error instanceof PortError) return error.port === 'critic';
  return attempts.at(-1)?.feedback === undefined;
}

/** What the first choice says; empty where it says nothing. */
export function textOf({ choices: [choice] }: Completion): string {
  return choice?.message.content ?? '';
}
