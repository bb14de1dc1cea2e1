import type { QuestionTiming } from '@fgam/bench';
import type { Answerer, Critic, Feedback } from '@fgam/data';
import { formatFeedback, parseFeedback } from '@fgam/rectifier';

/** A question that was timed, with the response of each round. */
export interface TimedRounds {
  readonly timing: QuestionTiming;
  /** The first answer, and each revision. */
  readonly texts: readonly string[];
  /** What each revision was told. */
  readonly feedback: readonly string[];
  /** Tokens of the first answer. */
  readonly tokens: number;
  /** Rounds whose refusal was made, as the critic accepted. */
  readonly accepted: number;
}

/** What {@link timeRounds} takes. */
export interface TimeRoundsOptions {
  readonly rounds: number;
  /** Tokens of an answer at most. Default: the answerer's. */
  readonly maxTokens?: number;
  /** What a response is told that the critic accepts. Default: that it is wrong. */
  readonly refuse?: (response: string, round: number) => Feedback;
  /** Milliseconds. Default `performance.now`. */
  readonly clock?: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Times all rounds of one question, whether its critic refuses or not: what it accepts is revised by a made
 * refusal, so that each question has as many rounds.
 */
export async function timeRounds(
  { answerer, critic }: { readonly answerer: Answerer; readonly critic: Critic },
  asked: { readonly image: string; readonly question: string },
  { rounds, maxTokens, refuse = saysNothing, clock = () => performance.now(), signal }: TimeRoundsOptions,
): Promise<TimedRounds> {
  const timed = async <T>(call: () => Promise<T>): Promise<readonly [T, number]> => {
    const start = clock();
    return [await call(), clock() - start];
  };
  const options = signal === undefined ? {} : { signal };
  const wanted = { ...asked, ...(maxTokens === undefined ? {} : { maxTokens }) };
  const [[first], answer] = await timed(() => answerer.answer([wanted], options));
  const texts = [first?.text ?? ''];
  const told: string[] = [];
  const took: { critic: number; revision: number }[] = [];
  let accepted = 0;
  for (let round = 0; round < rounds; round++) {
    const response = texts.at(-1) ?? '';
    const [[found], criticised] = await timed(() => critic.critique([{ ...asked, response }], options));
    const isRefused = found?.verdict === 'revise';
    if (!isRefused) accepted += 1;
    const refused = isRefused ? found : refuse(response, round);
    const feedback = formatFeedback(refused, { response });
    const [[revised], revision] = await timed(() =>
      answerer.answer([{ ...wanted, revision: { response, feedback } }], options),
    );
    took.push({ critic: criticised, revision });
    texts.push(revised?.text ?? '');
    told.push(feedback);
  }
  return { timing: { answer, rounds: took }, texts, feedback: told, tokens: first?.tokens ?? 0, accepted };
}

function saysNothing(response: string): Feedback {
  return parseFeedback('reasoning : wrong', { response });
}
