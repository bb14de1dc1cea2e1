import type { StopReason, Trajectory } from '@fgam/data';
import {
  checkRectifyOptions,
  type RectifyOptions,
  type RectifyRequest,
  roundsOf,
} from './rectify-options.js';
import { type RequestState, stopOfFeedback, stopOfResponse, toTrajectory } from './request-state.js';
import { criticise, decide, respond } from './steps.js';

/** Timers take no more milliseconds than this. */
const MOST_TIMEOUT = 2 ** 31 - 1;

/**
 * Answers questions and revises the answers by a critic's feedback, K rounds at most: A_0 from (I, Q); F_k
 * from (I, Q, A_k); A_(k+1) from (I, Q, A_k, F_k).
 *
 * A request stops when its response is `accepted` (or the feedback is empty), when a revision is `unchanged`
 * or goes back to an earlier response (`cycle`), after K revisions (`max-rounds`; K may follow the critic's
 * confidence), or when its `budget` is spent. A `decider` may keep the response before a revision, which is
 * `unchanged` then, as is a blank revision. Requests that stopped leave the batch. The response returned is the last
 * one, unless its own critic refuses it and holds more of another, or scores it below the first (see `chooseFinal`),
 * and a blank one only where all are. With `rounds: 0` the critic is not asked.
 *
 * The same requests, ports and options give the same trajectories, in the order of the requests,
 * whatever the batch size.
 *
 * Source: the paper, section 3.3.3. Ours: the stops but acceptance and K; `checkLast` (the paper counts K
 * critic calls, not K + 1).
 *
 * @throws FgamError `rectifier/bad-config`; PortError `rectifier/port-failed` or `rectifier/bad-port` (a result that
 * breaks the port's contract), which names port, round and requests; the signal's reason
 * @example
 * ```ts
 * import type { Answerer, Critic } from '@fgam/data';
 * import { rectify } from '@fgam/rectifier';
 *
 * const answerer: Answerer = {
 *   name: 'agreeable',
 *   answer: async (requests) => requests.map(({ revision }) => ({ text: revision ? 'no' : 'yes' })),
 * };
 * const critic: Critic = {
 *   name: 'strict',
 *   critique: async (requests) =>
 *     requests.map(({ response }) =>
 *       response === 'no' ? { verdict: 'accept' } : { verdict: 'revise', issues: [], text: 'object : there is no cat' },
 *     ),
 * };
 * const requests = [{ id: '1', image: 'dog.png', question: 'is there a cat ?' }];
 * const [trajectory] = await rectify({ answerer, critic, requests });
 * if (trajectory?.final !== 'no' || trajectory.stop !== 'accepted') throw new Error('not rectified');
 * ```
 */
export async function rectify(options: RectifyOptions): Promise<Trajectory[]> {
  checkRectifyOptions(options);
  const { requests, batchSize = 64 } = options;
  const trajectories: Trajectory[] = [];
  for (let start = 0; start < requests.length; start += batchSize)
    trajectories.push(...(await rectifyBatch(requests.slice(start, start + batchSize), options)));
  return trajectories;
}

async function rectifyBatch(
  requests: readonly RectifyRequest[],
  options: RectifyOptions,
): Promise<Trajectory[]> {
  const { checkLast = true, budget = {}, onEvent, clock = () => performance.now(), decider, seed } = options;
  const { least, most, confidence } = roundsOf(options);
  const begun = clock();
  const states = requests.map((request): RequestState => ({ request, attempts: [], tokens: 0 }));
  const done = new Map<RequestState, Trajectory>();
  let active: readonly RequestState[] = states;

  const stop = (state: RequestState, reason: StopReason, round: number): void => {
    const trajectory = toTrajectory(state, reason);
    done.set(state, trajectory);
    onEvent?.({ type: 'stop', id: trajectory.id, round, stop: reason, final: trajectory.final, trajectory });
  };
  const stopSome = (round: number, reasonOf: (state: RequestState) => StopReason | undefined): void => {
    active = active.filter((state) => {
      const reason = reasonOf(state);
      if (reason) stop(state, reason, round);
      return reason === undefined;
    });
  };
  const isTimeUp = (): boolean => clock() - begun >= (budget.milliseconds ?? Number.POSITIVE_INFINITY);
  const overBudget = ({ tokens }: RequestState): StopReason | undefined =>
    isTimeUp() || tokens >= (budget.tokens ?? Number.POSITIVE_INFINITY) ? 'budget' : undefined;
  /** Makes a step that the time budget may cut short. @returns whether it came in time */
  const withinTime = async (step: (signal: AbortSignal | undefined) => Promise<void>): Promise<boolean> => {
    if (budget.milliseconds === undefined) {
      await step(options.signal);
      return true;
    }
    const left = Math.max(0, Math.min(MOST_TIMEOUT, Math.ceil(budget.milliseconds - (clock() - begun))));
    // One of AbortSignal.any is kept for good by Node where a port leaves its listener on it.
    const own = new AbortController();
    const { signal } = own;
    const leave = (): void => own.abort(options.signal?.reason);
    if (options.signal?.aborted) leave();
    options.signal?.addEventListener('abort', leave, { once: true });
    // Unlike the timer of AbortSignal.timeout, this one keeps the process: the port may have nothing that does.
    const timer = setTimeout(() => own.abort(), left);
    try {
      await step(signal);
      return true;
    } catch (error) {
      if (signal.aborted && !options.signal?.aborted && error === signal.reason) return false;
      throw error;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', leave);
    }
  };

  for (let round = 0; active.length > 0; round += 1) {
    // The first response is given whatever it takes.
    if (round === 0) await respond(active, round, options, options.signal);
    else if (!(await withinTime((signal) => respond(active, round, options, signal)))) break;
    for (const { request, attempts } of active)
      onEvent?.({ type: 'response', id: request.id, round, response: attempts.at(-1)?.response ?? '' });
    stopSome(round, ({ attempts }) => stopOfResponse(attempts));
    if (decider !== undefined && round > 0 && active.length > 0) {
      if (!(await withinTime((signal) => decide(active, round, { decider, seed }, signal)))) break;
      for (const { request, attempts } of active) {
        const decision = attempts.at(-1)?.decision;
        if (decision) onEvent?.({ type: 'decision', id: request.id, round, decision });
      }
      stopSome(round, ({ attempts }) => stopOfResponse(attempts));
    }
    if (most === 0 || (round === most && !checkLast)) stopSome(round, () => 'max-rounds');
    stopSome(round, overBudget);
    if (active.length === 0) break;

    if (!(await withinTime((signal) => criticise(active, round, options, signal)))) break;
    for (const { request, attempts } of active) {
      const feedback = attempts.at(-1)?.feedback;
      if (feedback) onEvent?.({ type: 'feedback', id: request.id, round, feedback });
    }
    stopSome(round, ({ attempts }) => {
      const feedback = attempts.at(-1)?.feedback;
      return feedback && stopOfFeedback(feedback);
    });
    stopSome(round, ({ attempts }) => {
      const sure = attempts.at(-1)?.feedback?.confidence;
      const isSure = sure !== undefined && sure >= confidence;
      return round >= most || (round >= least && !isSure) ? 'max-rounds' : undefined;
    });
    stopSome(round, overBudget);
  }
  // Whoever is left was cut short by the time budget.
  for (const state of active) stop(state, 'budget', state.attempts.length - 1);
  return states.map((state) => done.get(state) as Trajectory);
}
