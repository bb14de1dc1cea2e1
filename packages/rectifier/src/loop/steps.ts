import type { AnswerRequest } from '@fgam/data';
import { formatFeedback } from '../feedback/format-feedback.js';
import { callPort } from './call-port.js';
import type { Decider, DecideRequest } from './decider.js';
import { isBlank } from './is-blank.js';
import type { RectifyOptions } from './rectify-options.js';
import { type RequestState, seedOf, tokensOf } from './request-state.js';

/** Adds a response to each state: the first, or the revision by the last feedback. */
export async function respond(
  states: readonly RequestState[],
  round: number,
  options: RectifyOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const asked = states.filter(({ request }) => round > 0 || request.response === undefined);
  const requests = asked.map((state) => answerRequest(state, round, options));
  const { answerer } = options;
  const answers = await callPort(
    { port: 'answerer', name: answerer.name, round, requests: idsOf(asked), signal },
    () => answerer.answer(requests, signal ? { signal } : {}),
  );
  const answerOf = new Map(asked.map((state, index) => [state, answers[index]]));
  for (const state of states) {
    const { response: text = '', responseTokens: tokens } = state.request;
    const answer = answerOf.get(state) ?? { text, ...(tokens === undefined ? {} : { tokens }) };
    state.attempts.push({ response: answer.text });
    state.tokens += tokensOf(answer);
  }
}

function answerRequest(state: RequestState, round: number, options: RectifyOptions): AnswerRequest {
  const { request, attempts } = state;
  const { maxTokens, temperature = 0, seed = 0 } = options;
  const last = attempts.at(-1);
  const feedback = last?.feedback;
  return {
    image: request.image,
    question: request.question,
    ...(last && feedback
      ? {
          revision: {
            response: last.response,
            feedback:
              feedback.verdict === 'revise' && feedback.text.trim() !== ''
                ? feedback.text
                : formatFeedback(feedback, { response: last.response }),
          },
        }
      : {}),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === 0 ? {} : { temperature, seed: seedOf(seed, request.id, round) }),
  };
}

/** Adds the critic's feedback to the last attempt of each state. */
export async function criticise(
  states: readonly RequestState[],
  round: number,
  options: RectifyOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const requests = states.map(({ request, attempts }) => ({
    image: request.image,
    question: request.question,
    response: attempts.at(-1)?.response ?? '',
    ...(request.context === undefined ? {} : { context: request.context }),
  }));
  const { critic } = options;
  const feedbacks = await callPort(
    { port: 'critic', name: critic.name, round, requests: idsOf(states), signal },
    () => critic.critique(requests, signal ? { signal } : {}),
  );
  for (const [index, { attempts }] of states.entries()) {
    const last = attempts.at(-1) ?? { response: '' };
    const feedback = feedbacks[index];
    if (feedback) attempts[attempts.length - 1] = { ...last, feedback };
  }
}

/**
 * Adds a decision on the last revision to each state: whether it is better than the response before it. Where that
 * one is blank there is nothing to decide.
 */
export async function decide(
  states: readonly RequestState[],
  round: number,
  { decider, seed = 0 }: { readonly decider: Decider; readonly seed?: number | undefined },
  signal: AbortSignal | undefined,
): Promise<void> {
  const asked = states.filter(({ attempts }) => !isBlank(attempts.at(-2)?.response ?? ''));
  const requests = asked.map(({ request, attempts }): DecideRequest => {
    const [former = '', revision = ''] = attempts.slice(-2).map(({ response }) => response);
    const { id, image, question } = request;
    return { image, question, former, revision, seed: seedOf(seed, `${id}/decide`, round) };
  });
  const { name } = decider;
  const decisions = await callPort({ port: 'decider', name, round, requests: idsOf(asked), signal }, () =>
    decider.decide(requests, signal ? { signal } : {}),
  );
  for (const [index, { attempts }] of asked.entries()) {
    const [last, decision] = [attempts.at(-1), decisions[index]];
    if (last && decision) attempts[attempts.length - 1] = { ...last, decision };
  }
}

function idsOf(states: readonly RequestState[]): string[] {
  return states.map(({ request }) => request.id);
}
