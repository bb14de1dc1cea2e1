import type {
  Answerer,
  Attempt,
  CallOptions,
  Critic,
  Feedback,
  Generator,
  ImageSource,
  Trajectory,
} from '@fgam/data';
import type { FgamModel, FormatAnswerPrompt } from '@fgam/models';
import { countClaims, foldSpace, formatPrompt, rectify, reward } from '@fgam/rectifier';
import { trainerError } from '../error.js';
import { claimedRewards } from './claimed-rewards.js';
import type { EncodedPrompt } from './policy.js';
import type { Rollout, RolloutRound } from './rollout.js';

/** A question that the policy is to answer. */
export interface RolloutRequest {
  readonly id: string;
  readonly image: ImageSource;
  readonly question: string;
}

/** How a policy is asked: its prompts, and their tokens. */
export interface RolloutPrompts {
  readonly format: FormatAnswerPrompt;
  readonly encode: (prompt: string, image: ImageSource) => Promise<EncodedPrompt>;
  /** The text of tokens, by which claims are found in them. */
  readonly decode?: (tokens: readonly number[]) => string;
}

/** Options of {@link collectRollouts}. */
export interface CollectRolloutsOptions extends CallOptions {
  /** The policy's generator: sampled from at temperature 1, so that its log-probabilities are those of the sampling. */
  readonly generator: Generator;
  /** How the policy is asked; of one of FGAM's own models its tokenizer alone, with the paper's prompts. */
  readonly tokenizer: FgamModel['tokenizer'] | RolloutPrompts;
  readonly critic: Critic;
  readonly requests: readonly RolloutRequest[];
  /** Trajectories of each request. Default 1. */
  readonly samples?: number;
  /** Most revisions of a response; with 0 the answer alone is judged. Default 1. */
  readonly rounds?: number;
  /** Most tokens of a response. Default 64. */
  readonly maxTokens?: number;
  readonly seed: number;
  /** What a response with its feedback is worth, -1..1. Default {@link scoreByClaims}. */
  readonly scoreOf?: (question: string, attempt: Attempt) => number;
  /**
   * Where a response's R is earned: by its last token, or by the tokens that end its claims, each its part
   * (`claimRewards`), for which {@link scoreByClaims} is the score; the last token still earns all of one without
   * claims, one that the critic was not asked about again, and one that is not the text of its tokens. Needs
   * prompts that `decode`. Default `response`.
   */
  readonly credit?: Credit;
}

/** What earns a reward: a response as a whole, or claim by claim. */
export const CREDITS = ['response', 'claim'] as const;

/** One of them. */
export type Credit = (typeof CREDITS)[number];

/**
 * R = 1 - 2 (wrong + omitted) / (claims + omitted) by the critic's issues; 0 for a response without a claim, or
 * without feedback.
 *
 * @returns -1..1, as `reward` of `@fgam/rectifier` has it
 * @example
 * ```ts
 * import { scoreByClaims } from '@fgam/trainer';
 *
 * const question = 'is there a red circle ?';
 * const issues = [{ kind: 'object', claim: 'yes' }] as const;
 * const scores = [
 *   scoreByClaims(question, { response: 'yes', feedback: { verdict: 'revise', issues, text: 'no circle' } }),
 *   scoreByClaims(question, { response: 'no', feedback: { verdict: 'accept' } }),
 *   scoreByClaims(question, { response: 'no' }),
 * ];
 * // An answer is one claim: 1 - 2 * 1 / 1, then 1 - 0; nobody judged the third.
 * if (scores.join() !== '-1,1,0') throw new Error(scores.join());
 * ```
 */
export function scoreByClaims(question: string, { response, feedback }: Attempt): number {
  return feedback === undefined ? 0 : reward(countClaims(question, response, feedback));
}

/**
 * Samples trajectories by the rectification loop: the policy answers, the critic gives feedback, the
 * policy revises, K rounds at most. A response that repeats an earlier one is worth what that was: the
 * loop does not ask again.
 *
 * @throws FgamError as the ports do; `trainer/bad-rollouts` for a critic that gives more or less
 * feedback than it was asked for; `trainer/bad-config` for `credit: 'claim'` with prompts that do not decode
 * @example
 * ```ts
 * import type { Critic, Generator } from '@fgam/data';
 * import { createTokenizer, vocabularyFromTexts } from '@fgam/models';
 * import { collectRollouts } from '@fgam/trainer';
 *
 * const tokenizer = createTokenizer(vocabularyFromTexts(['is there a red circle ?', 'yes no']));
 * // In earnest: createGenerator of the policy's weights of now, and a critic of @fgam/rectifier.
 * const generator: Generator = {
 *   name: 'scripted',
 *   generate: async (requests) =>
 *     requests.map(({ prompt }) => {
 *       const text = prompt.includes('Feedback:') ? 'no' : 'yes';
 *       return { text, tokens: tokenizer.encode(text), logprobs: [0], finish: 'stop' };
 *     }),
 * };
 * const issues = [{ kind: 'object', claim: 'yes' }] as const;
 * const critic: Critic = {
 *   name: 'strict',
 *   critique: async (requests) =>
 *     requests.map(({ response }) =>
 *       response === 'no' ? { verdict: 'accept' } : { verdict: 'revise', issues, text: 'no circle' },
 *     ),
 * };
 * const requests = [{ id: 'a', image: 'a.png', question: 'is there a red circle ?' }];
 * const rollouts = await collectRollouts({ generator, tokenizer, critic, requests, samples: 2, seed: 1 });
 * // Two trajectories of the one question: a wrong answer, then its revision.
 * const scores = rollouts.map(({ rounds }) => rounds.map(({ score }) => score).join());
 * if (scores.join(' | ') !== '-1,1 | -1,1') throw new Error(scores.join(' | '));
 * if (rollouts[1]?.group !== 'a' || rollouts[1].trajectory.final !== 'no') throw new Error('expected no');
 * ```
 */
export async function collectRollouts(options: CollectRolloutsOptions): Promise<Rollout[]> {
  const { generator, tokenizer, critic, requests, samples = 1, rounds = 1, maxTokens = 64, seed } = options;
  const { signal, scoreOf = scoreByClaims, credit = 'response' } = options;
  const prompts = promptsOf(tokenizer);
  const decode = credit === 'claim' ? prompts.decode : undefined;
  if (credit === 'claim' && decode === undefined)
    throw trainerError(
      'trainer/bad-config',
      "collectRollouts: credit: expected prompts that decode tokens, by which claims are found, with 'claim'",
    );
  const asked = requests.flatMap((request) =>
    Array.from({ length: samples }, (_, sample) => ({
      request: { ...request, id: `${request.id}/${sample}` },
      group: request.id,
    })),
  );
  // The loop tells of responses in the order in which it asked for them.
  const sampled: Sampled[] = [];
  const sampledOf = new Map(asked.map(({ request }) => [request.id, [] as Sampled[]]));
  const trajectories = await rectify({
    answerer: samplingAnswerer(generator, prompts, sampled),
    critic,
    requests: asked.map(({ request }) => request),
    rounds,
    maxTokens,
    temperature: 1,
    seed,
    onEvent: (event) => {
      const next = event.type === 'response' ? sampled.shift() : undefined;
      if (next !== undefined) sampledOf.get(event.id)?.push(next);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const judged = rounds > 0 ? trajectories : await judgeAnswers(critic, asked, trajectories, signal);
  const rollouts: Rollout[] = [];
  for (const [index, trajectory] of judged.entries()) {
    const { request, group } = asked[index] as (typeof asked)[number];
    const scores = new Map<string, number>();
    const written: RolloutRound[] = [];
    for (const [round, { prompt, tokens }] of (sampledOf.get(request.id) ?? []).entries()) {
      const attempt = trajectory.attempts[round] as Attempt;
      // The loop takes responses that differ in white space for one, and asks the critic once.
      const said = foldSpace(attempt.response);
      const score = scores.get(said) ?? scoreOf(request.question, attempt);
      scores.set(said, score);
      const claims = decode === undefined ? [] : claimedRewards(request.question, attempt, tokens, decode);
      written.push({
        ...(await prompts.encode(prompt, request.image)),
        ...{ tokens, score },
        ...(claims.length === 0 ? {} : { claims }),
      });
    }
    rollouts.push({ image: request.image, group, rounds: written, trajectory });
  }
  return rollouts;
}

function promptsOf(tokenizer: CollectRolloutsOptions['tokenizer']): RolloutPrompts {
  return 'format' in tokenizer
    ? tokenizer
    : {
        format: formatPrompt,
        encode: async (prompt) => ({ promptIds: tokenizer.encode(prompt) }),
        decode: (tokens) => tokenizer.decode(tokens),
      };
}

/**
 * Trajectories of an answer alone with the critic's feedback: with `rounds: 0` the loop never asks the critic.
 */
async function judgeAnswers(
  critic: Critic,
  asked: readonly { readonly request: RolloutRequest }[],
  trajectories: readonly Trajectory[],
  signal: AbortSignal | undefined,
): Promise<Trajectory[]> {
  const feedbacks = await critic.critique(
    trajectories.map(({ question, final }, index) => ({
      image: (asked[index] as (typeof asked)[number]).request.image,
      question,
      response: final,
    })),
    signal === undefined ? {} : { signal },
  );
  if (feedbacks.length !== trajectories.length)
    throw trainerError(
      'trainer/bad-rollouts',
      `${critic.name}: expected feedback on each of ${trajectories.length} answers, got ${feedbacks.length}`,
    );
  return trajectories.map((trajectory, index) => ({
    ...trajectory,
    attempts: [{ response: trajectory.final, feedback: feedbacks[index] as Feedback }],
  }));
}

/** A prompt with what was sampled after it. */
interface Sampled {
  readonly prompt: string;
  readonly tokens: readonly number[];
}

/** An answerer that notes the tokens which it samples. */
function samplingAnswerer(generator: Generator, { format }: RolloutPrompts, sampled: Sampled[]): Answerer {
  return {
    name: generator.name,
    async answer(requests, call) {
      const prompts = requests.map(({ question, revision }) => format(question, revision));
      const generations = await generator.generate(
        requests.map(({ image, maxTokens = 1, temperature = 1, seed = 0 }, index) => ({
          ...(image === undefined ? {} : { image }),
          prompt: prompts[index] as string,
          maxTokens,
          temperature,
          seed,
        })),
        call,
      );
      generations.forEach(({ tokens }, index) => sampled.push({ prompt: prompts[index] as string, tokens }));
      return generations.map(({ text, tokens }) => ({ text, tokens: tokens.length }));
    },
  };
}
