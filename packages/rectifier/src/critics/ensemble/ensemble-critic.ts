import type { CallOptions, Critic, CritiqueRequest, Feedback } from '@fgam/data';
import { rectifierError } from '../../error.js';
import { reviseFeedback } from '../../feedback/format-feedback.js';
import { parseFeedback } from '../../feedback/parse-feedback.js';
import { feedbackScore, isAcceptance } from '../../loop/feedback-score.js';
import { acceptByThreshold } from '../accept-threshold.js';
import { mergeIssues } from './merge-issues.js';

/** A critic and how much it counts. */
export interface EnsembleMember {
  readonly critic: Critic;
  /** More than 0; only the ratios matter. */
  readonly weight: number;
}

/** Options of {@link createEnsembleCritic}. */
export interface EnsembleOptions {
  /** Responses scored S or higher are accepted, 0..1 (`calibrateEnsemble`). Default 0.5. */
  readonly threshold?: number;
  /** Default: the members' names, joined by ` + `. */
  readonly name?: string;
}

/**
 * Several critics as one. A response's score is the weighted mean of how right each holds it,
 *
 *     S = sum_i w_i s_i / sum_i w_i
 *
 * s_i in 0..1 is `feedbackScore`: the confidence of an acceptance, 1 minus that of a refusal; 1 or 0 where
 * a critic has no confidence. S >= `threshold` is accepted, with confidence S; anything else is refused,
 * with confidence 1 - S and the issues of all members that refuse: the same claim once, with all evidence,
 * `by` naming who said it (`mergeIssues`). What is refused though no member names an issue has no
 * correction (`reasoning : wrong`).
 *
 * All members are asked at the same time; each must answer. Each sees what it can of a conversation: the
 * whole of them reads it (`readsContext`) where every one does.
 *
 * @throws FgamError `rectifier/bad-config` for no member, two of one name, a weight that is not positive or
 * a threshold outside of 0..1; at the call `rectifier/port-failed` or `rectifier/bad-port` naming the
 * member, the signal's reason
 * @example
 * ```ts
 * import type { Critic } from '@fgam/data';
 * import { createEnsembleCritic, parseFeedback } from '@fgam/rectifier';
 *
 * const says = (name: string, text: string): Critic => ({
 *   name,
 *   critique: async (requests) => requests.map(({ response }) => parseFeedback(text, { response })),
 * });
 * const critic = createEnsembleCritic([
 *   { critic: says('a', 'no further corrections needed'), weight: 1 },
 *   { critic: says('b', 'object : a dog , not a cat'), weight: 1.5 },
 *   { critic: says('c', 'object : not a cat'), weight: 0.5 },
 * ]);
 * const [feedback] = await critic.critique([{ image: 'dog.png', question: 'what is it ?', response: 'it is a cat' }]);
 * if (feedback?.verdict !== 'revise' || feedback.confidence?.toFixed(4) !== '0.6667') throw new Error('S = 1 / 3');
 * if (feedback.issues[0]?.by?.join() !== 'b,c') throw new Error('one issue of two critics');
 * ```
 */
export function createEnsembleCritic(
  members: readonly EnsembleMember[],
  options: EnsembleOptions = {},
): Critic {
  const { threshold = 0.5, name = members.map(({ critic }) => critic.name).join(' + ') } = options;
  checkMembers('createEnsembleCritic', members);
  if (!(threshold >= 0 && threshold <= 1))
    throw rectifierError(
      'rectifier/bad-config',
      `createEnsembleCritic: threshold: expected 0 to 1, got ${threshold}`,
    );
  return {
    name,
    readsContext: members.every(({ critic }) => critic.readsContext === true),
    async critique(requests, call = {}) {
      const said = await askMembers(members, requests, call);
      return requests.map(({ response }, i) =>
        combine(
          members,
          said.map((feedbacks) => feedbacks[i] as Feedback),
          { threshold, response },
        ),
      );
    },
  };
}

/** Each member's feedback on all requests; the first failure ends the others. */
export async function askMembers(
  members: readonly EnsembleMember[],
  requests: readonly CritiqueRequest[],
  { signal }: CallOptions,
): Promise<(readonly Feedback[])[]> {
  signal?.throwIfAborted();
  if (requests.length === 0) return members.map(() => []);
  const own = new AbortController();
  const abort = (): void => own.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.all(members.map(({ critic }) => askMember(critic, requests, own.signal)));
  } catch (error) {
    signal?.throwIfAborted();
    own.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** S, from the members' feedback in their order. */
export function ensembleScore(members: readonly EnsembleMember[], feedbacks: readonly Feedback[]): number {
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  const score = members.reduce((sum, { weight }, i) => sum + weight * scoreOf(feedbacks[i] as Feedback), 0);
  return score / total;
}

/**
 * @param fn - that was given them, for the error
 * @throws FgamError `rectifier/bad-config` naming every fault
 */
export function checkMembers(fn: string, members: readonly EnsembleMember[]): void {
  const names = members.map(({ critic }) => critic.name);
  const faults = [
    members.length > 0 ? '' : 'expected at least one critic, got none',
    ...members.map(({ critic, weight }) =>
      weight > 0 && Number.isFinite(weight)
        ? ''
        : `${critic.name}: expected a positive weight, got ${weight}`,
    ),
    new Set(names).size === names.length ? '' : `expected critics of distinct names, got ${names.join(', ')}`,
  ].filter(Boolean);
  if (faults.length > 0) throw rectifierError('rectifier/bad-config', `${fn}: ${faults.join('; ')}`);
}

async function askMember(
  critic: Critic,
  requests: readonly CritiqueRequest[],
  signal: AbortSignal,
): Promise<readonly Feedback[]> {
  let feedbacks: readonly Feedback[];
  try {
    feedbacks = await critic.critique(requests, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const said = cause instanceof Error ? cause.message : String(cause);
    throw rectifierError(
      'rectifier/port-failed',
      `ensemble: critic ${JSON.stringify(critic.name)} failed: ${said}`,
      { cause },
    );
  }
  if (feedbacks.length === requests.length) return feedbacks;
  throw rectifierError(
    'rectifier/bad-port',
    `ensemble: critic ${JSON.stringify(critic.name)}: expected ${requests.length} feedbacks, got ${feedbacks.length}`,
  );
}

function combine(
  members: readonly EnsembleMember[],
  feedbacks: readonly Feedback[],
  { threshold, response }: { readonly threshold: number; readonly response: string },
): Feedback {
  const score = ensembleScore(members, feedbacks);
  const issues = mergeIssues(
    members.flatMap(({ critic, weight }, i) => {
      const feedback = feedbacks[i];
      if (feedback?.verdict !== 'revise') return [];
      // Some refuse in words alone.
      const said = feedback.issues.length > 0 ? feedback : parseFeedback(feedback.text, { response });
      return said.verdict === 'accept'
        ? []
        : said.issues.map((issue) => ({ issue, critic: critic.name, weight }));
    }),
  );
  const byScore = acceptByThreshold({ verdict: 'accept', confidence: score }, threshold, response);
  return byScore.verdict === 'accept' || issues.length === 0
    ? byScore
    : { ...byScore, ...reviseFeedback(issues, { response }) };
}

/** How right a critic holds a response: its confidence, or its bare verdict. */
function scoreOf(feedback: Feedback): number {
  return feedbackScore(feedback) ?? (isAcceptance(feedback) ? 1 : 0);
}
