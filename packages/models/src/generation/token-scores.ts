import type { HostTensor } from '@fgam/compile';
import type { TokenScores } from './choose-token.js';

/** What programs say of the next token, by rows of `logprobs` [N, V] and `best` [N]. */
export function tokenScores(
  logprobs: HostTensor | undefined,
  best: HostTensor | undefined,
): (row: number) => TokenScores {
  const width = logprobs?.shape.at(-1) ?? 0;
  return (row) => ({
    logprobs: logprobs?.data.subarray(row * width, (row + 1) * width) ?? [],
    best: best?.data[row] ?? -1,
  });
}
