import type { Attempt } from '@fgam/data';
import { claimRewards, plainText } from '@fgam/rectifier';
import type { ClaimedReward } from './rollout.js';

/**
 * What the claims of a response earn, by the tokens that end them (`claimRewards`): the first with which the claim's
 * last letter is there. None where the response is not the text of its tokens, as after a grammar.
 *
 * @param decode - the text of tokens
 */
export function claimedRewards(
  question: string,
  { response, feedback }: Attempt,
  tokens: readonly number[],
  decode: (tokens: readonly number[]) => string,
): readonly ClaimedReward[] {
  if (feedback === undefined || plainText(decode(tokens)) !== plainText(response)) return [];
  const { claims } = claimRewards(question, response, feedback);
  let token = 0;
  let length = plainText(decode(tokens.slice(0, 1))).length;
  return claims.map(({ end, reward }) => {
    while (length < end) {
      token += 1;
      length = plainText(decode(tokens.slice(0, token + 1))).length;
    }
    return { token, reward };
  });
}
