import { randomUUID } from 'node:crypto';
import type { Answerer, AnswerRequest, Attempt, Critic, QuestionContext, Trajectory } from '@fgam/data';
import { type Port, PortError, rectifierError } from '../error.js';
import { rectify } from '../loop/rectify.js';
import { createDecider } from '../loop/decider.js';
import type { RectifyEvent, RectifyOptions } from '../loop/rectify-options.js';
import { namedRequest } from '../loop/request-state.js';
import { escapeSlot } from '../prompts/escape-slot.js';
import { fillSlots } from '../prompts/fill-slots.js';
import { TURNS_PROMPT } from '../prompts/turns-prompt.js';
import type { ChatBody, Message } from './chat-request.js';
import { textOf } from './completion-text.js';
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
  readonly rounds: NonNullable<RectifyOptions['rounds']>;
  /** Whether the upstream says of each revision whether it is better. */
  readonly decides: boolean;
  /** Of first answer and revisions; `Infinity`: no limit. */
  readonly budgetTokens: number;
  /** Milliseconds that are left. */
  readonly budgetMs: number;
  readonly upstream: Upstream;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RectifyEvent) => void;
  /** Told why a round failed. */
  readonly onFailure: (error: Error) => void;
}

/** Why the first answer was returned though rounds were asked for. */
export type Degraded = 'critic-failed' | 'revision-failed' | 'decision-failed';

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
 * answer, then the feedback (`TURNS_PROMPT`), by the request's own parameters. Where the critic, a revision or a
 * decision fails in whatever way, the first answer is returned.
 *
 * @throws the signal's reason
 */
export async function rectifyChat(chat: RectifyChat): Promise<RectifiedChat> {
  const { first, image, question, context, critic, rounds, decides, budgetTokens, signal } = chat;
  const id = randomUUID();
  const completions = [first];
  const decisions: Completion[] = [];
  const attempts: Attempt[] = [];
  const response = textOf(first);
  const onEvent = (event: RectifyEvent): void => {
    if (event.type === 'response') attempts.push({ response: event.response });
    const last = attempts.at(-1);
    if (event.type === 'feedback' && last)
      attempts[attempts.length - 1] = { ...last, feedback: event.feedback };
    if (event.type === 'decision' && last)
      attempts[attempts.length - 1] = { ...last, decision: event.decision };
    chat.onEvent(event);
  };
  const answerer: Answerer = {
    name: 'upstream',
    answer: (requests, call = {}) =>
      Promise.all(
        requests.map(async ({ revision }) => {
          const completion = await reviseChat(chat, revision, call.signal ?? signal);
          completions.push(completion);
          const text = textOf(completion);
          if (text.trim() === '')
            throw rectifierError('rectifier/bad-port', 'createProxy: the upstream revised to no text');
          const tokens = completion.usage?.completion_tokens;
          return { text, ...(tokens === undefined ? {} : { tokens }) };
        }),
      ),
  };
  const judge: Answerer = {
    name: 'upstream',
    answer: (requests, call = {}) =>
      Promise.all(
        requests.map(async ({ question: asked, maxTokens = 1 }) => {
          const completion = await decideChat(chat, { asked, maxTokens }, call.signal ?? signal);
          decisions.push(completion);
          return { text: textOf(completion) };
        }),
      ),
  };
  const responseTokens = first.usage?.completion_tokens;
  const request = {
    ...{ id, image, question, response },
    ...(responseTokens === undefined ? {} : { responseTokens }),
    ...(context ? { context } : {}),
  };
  const finish = (final: string): Completion => {
    const chosen = completions.find((each) => textOf(each) === final) ?? first;
    return {
      ...chosen,
      ...(first.id === undefined ? {} : { id: first.id }),
      usage: sumUsage([...completions, ...decisions]),
    };
  };
  try {
    const [trajectory] = await rectify({
      answerer,
      critic,
      requests: [request],
      rounds,
      budget: { milliseconds: Math.max(1, chat.budgetMs), tokens: budgetTokens },
      ...(decides ? { decider: createDecider({ answerer: judge }) } : {}),
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
      degraded: failedStep(error, story),
    };
  }
}

/** Asks for a revision: further turns of the conversation. */
function reviseChat(
  { body, upstream }: RectifyChat,
  revision: AnswerRequest['revision'],
  signal: AbortSignal,
): Promise<Completion> {
  const { response: former = '', feedback = '' } = revision ?? {};
  const turns = [
    { role: 'assistant', content: escapeSlot(former) },
    { role: 'user', content: fillSlots(TURNS_PROMPT.revise, { feedback }) },
  ];
  return upstream.complete({ ...body, messages: [...body.messages, ...turns] }, signal);
}

/** What of a request's parameters does not say how its answer is to look: a letter looks otherwise. */
const OF_ANY_ANSWER = ['seed', 'user', 'safety_identifier', 'reasoning_effort', 'chat_template_kwargs'];
/** Names of a limit of tokens. */
const LIMITS = ['max_completion_tokens', 'max_tokens'];

/**
 * Asks which of two answers is better: in place of the words of the last turn, whose images stay. It has a limit
 * and temperature 0 where the request has such: some upstreams refuse the one name, others any temperature.
 */
function decideChat(
  { body, upstream }: RectifyChat,
  { asked, maxTokens }: { readonly asked: string; readonly maxTokens: number },
  signal: AbortSignal,
): Promise<Completion> {
  const { model, messages } = body;
  const last = messages.at(-1);
  const images = Array.isArray(last?.content) ? last.content.filter(({ type }) => type === 'image_url') : [];
  const turn: Message = { role: 'user', content: [...images, { type: 'text', text: asked }] };
  const isGiven = (name: string): boolean => (body[name] ?? undefined) !== undefined;
  const parameters: Record<string, unknown> = {
    ...Object.fromEntries(OF_ANY_ANSWER.filter(isGiven).map((name) => [name, body[name]])),
    ...Object.fromEntries(LIMITS.filter(isGiven).map((name) => [name, maxTokens])),
    ...(isGiven('temperature') ? { temperature: 0 } : {}),
  };
  return upstream.complete({ ...parameters, model, messages: [...messages.slice(0, -1), turn] }, signal);
}

const DEGRADED = {
  critic: 'critic-failed',
  answerer: 'revision-failed',
  decider: 'decision-failed',
} as const satisfies Record<Port, Degraded>;

/** What failed; of an error that does not say whose it is, the critic where the last answer has no feedback. */
function failedStep(error: unknown, attempts: readonly Attempt[]): Degraded {
  if (error instanceof PortError) return DEGRADED[error.port];
  return attempts.at(-1)?.feedback === undefined ? 'critic-failed' : 'revision-failed';
}
