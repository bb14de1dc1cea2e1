import { type Critic, type QuestionContext, unlessAborted } from '@fgam/data';
import { foldSpace } from '../feedback/format-feedback.js';
import { isBlank } from '../loop/is-blank.js';
import type { RectifyEvent } from '../loop/rectify-options.js';
import {
  type ChatBody,
  type ChatRequest,
  type Controls,
  subjectOf,
  type Unrectified,
} from './chat-request.js';
import { textOf } from './completion-text.js';
import { startDeadline } from './deadline.js';
import type { ImageFetcher } from './image-fetcher.js';
import { badRequest, ProxyError } from './proxy-error.js';
import type { ProxyMetrics } from './proxy-metrics.js';
import type { ProxySettings } from './proxy-options.js';
import { readImages } from './read-images.js';
import { type RectifiedChat, type RectifyChat, rectifyChat } from './rectify-chat.js';
import type { TrajectoryStore } from './trajectory-store.js';
import type { Completion, Upstream } from './upstream.js';

/** What a proxy answers with. */
export interface AnswerParts {
  readonly settings: ProxySettings;
  readonly upstream: Upstream;
  readonly metrics: ProxyMetrics;
  readonly store: TrajectoryStore;
  readonly fetcher: ImageFetcher | undefined;
  /** Told of faults, without the keys of the proxy and of the request. */
  readonly log: (line: string) => void;
}

/** A completion, and what the proxy says of it in the field `fgam`. */
export interface ReportedCompletion {
  readonly completion: Completion;
  readonly fgam: object;
}

/** How a request is answered, once its first answer is there. */
export type ChatAnswer =
  /** By the upstream's own stream. */
  | { readonly kind: 'stream'; readonly reason: Unrectified; readonly stream: Response }
  | {
      readonly kind: 'answer';
      readonly first: Completion;
      /** Runs the rounds. @throws the signal's reason */
      readonly finish: (onEvent: (event: RectifyEvent) => void) => Promise<ReportedCompletion>;
    };

/** How long an answer may take. */
interface AnswerTime {
  /** Aborted as the job is, and where the first answer comes too late. */
  readonly signal: AbortSignal;
  /** Milliseconds of the budget that are left. */
  readonly left: () => number;
  /** The budget no longer counts. */
  readonly lift: () => void;
}

/**
 * Checks a request and asks for its first answer, which is there within the budget or fails; one that is not
 * rectified has the upstream's time, unless the request names a budget.
 *
 * @throws ProxyError 400 for a request at fault; by the upstream's status; 504 where the budget is over before images
 * and first answer are there; the signal's reason
 */
export async function answerChat(
  request: ChatRequest,
  parts: AnswerParts,
  job: AbortSignal,
): Promise<ChatAnswer> {
  const { budgetMs: most } = parts.settings;
  const budgetMs = Math.min(request.controls.budget_ms ?? most, most);
  const begun = performance.now();
  const { signal, lift } = startDeadline(job, budgetMs, () => tooLate(budgetMs));
  const left = (): number => budgetMs - (performance.now() - begun);
  try {
    return await unlessAborted(firstAnswer(request, parts, { signal, left, lift }), signal);
  } finally {
    lift();
  }
}

function tooLate(budgetMs: number): ProxyError {
  const message = `expected images and first answer within the budget of ${budgetMs} ms, got no answer; allow more`;
  return new ProxyError(504, { message, type: 'upstream_error', code: 'upstream_timeout' });
}

async function firstAnswer(
  request: ChatRequest,
  parts: AnswerParts,
  { signal, left, lift }: AnswerTime,
): Promise<ChatAnswer> {
  const { settings, upstream, metrics, fetcher } = parts;
  const { maxImages, maxImageBytes } = settings;
  const { controls } = request;
  const critic = criticOf(controls, settings.critics);
  const read = await readImages(request.body.messages, { maxImages, maxImageBytes, fetcher, signal });
  const body: ChatBody = { ...request.body, messages: [...read.messages] };
  const subject = subjectOf(request, critic);
  const passed = (completion: Completion, reason: Unrectified): ChatAnswer => {
    metrics.unrectified.inc({ reason });
    const fgam = { unrectified: reason };
    return { kind: 'answer', first: completion, finish: async () => ({ completion, fgam }) };
  };
  if (typeof subject === 'string') {
    // What is not rectified has the upstream's time, unless the request says another.
    if (controls.budget_ms === undefined) lift();
    if (!body.stream) return passed(await upstream.complete(body, signal), subject);
    const stream = await upstream.stream(body, signal);
    metrics.unrectified.inc({ reason: subject });
    return { kind: 'stream', reason: subject, stream };
  }
  const first = await upstream.complete(body, signal);
  if (isBlank(textOf(first))) return passed(first, 'no-text');
  const { question, turns } = subject;
  const images = read.images.flat();
  const image = images.pop();
  if (image === undefined) throw new Error('a subject has an image');
  const context = turns.length + images.length === 0 ? undefined : { turns, images };
  return {
    kind: 'answer',
    first,
    finish: async (onEvent) => {
      const rectified = await rectifyChat({
        ...{ body, first, image, question, context, critic, upstream, signal, onEvent },
        ...loopOf(controls, settings),
        budgetMs: left(),
        onFailure: (error) => parts.log(error.message),
      });
      parts.store.add(rectified.trajectory);
      return { completion: rectified.completion, fgam: reportOf(rectified, critic, controls, metrics) };
    },
  };
}

/** How the loop goes: as the request says, else as the proxy does. */
function loopOf(
  controls: Controls,
  settings: ProxySettings,
): Pick<RectifyChat, 'rounds' | 'decides' | 'budgetTokens'> {
  const { rounds: most = settings.rounds, while_sure: confidence = settings.whileSure } = controls;
  return {
    rounds: confidence === undefined ? most : { most, confidence },
    decides: controls.decide ?? settings.decide,
    budgetTokens: Math.min(controls.budget_tokens ?? Infinity, settings.budgetTokens ?? Infinity),
  };
}

function criticOf({ critic: name }: Controls, critics: ProxySettings['critics']): Critic {
  const critic = name === undefined ? critics[0] : critics.find((each) => each.name === name);
  if (critic !== undefined) return critic;
  const names = critics.map((each) => JSON.stringify(each.name)).join(', ');
  throw badRequest(`fgam.critic: expected one of ${names}`, 'fgam.critic', 'unknown_critic');
}

function reportOf(
  { trajectory, degraded }: RectifiedChat,
  { name: critic, readsContext = false }: Critic,
  controls: Controls,
  metrics: ProxyMetrics,
): object {
  const { id, stop, attempts, final, context } = trajectory;
  // A repeated response is not checked again: the word on it is the earlier one.
  const confidence = attempts.findLast(
    ({ response, feedback }) => feedback && foldSpace(response) === foldSpace(final),
  )?.feedback?.confidence;
  const rounds = attempts.length - 1;
  metrics.stops.inc({ stop });
  metrics.revisions.observe(rounds);
  if (degraded !== undefined) metrics.degraded.inc({ reason: degraded });
  return {
    ...{ id, critic, stop, rounds },
    ...(confidence === undefined ? {} : { confidence }),
    ...(context === undefined || readsContext ? {} : { unseen: sizeOf(context) }),
    ...(degraded === undefined ? {} : { degraded }),
    ...(controls.trajectory === true ? { trajectory } : {}),
  };
}

/** What a critic that reads no context passed over. */
function sizeOf({ turns, images }: QuestionContext): { readonly turns: number; readonly images: number } {
  return { turns: turns.length, images: images.length };
}
