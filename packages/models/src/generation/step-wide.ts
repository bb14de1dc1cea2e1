import type { HostTensor } from '@fgam/compile';
import type { LanguageConfig } from '../config.js';
import type { TokenScores } from './choose-token.js';
import type { DecodingPrograms } from './decoding-programs.js';
import { int32Zeros } from './host-zeros.js';
import type { CacheRow } from './key-value-cache.js';
import { tokenScores } from './token-scores.js';

/** Tokens a row that a wide step reads: the one chosen last and what is proposed after it. */
export const STEP_WIDTH = 16;

/** What a row reads in a wide step. */
export interface WideRow {
  /** At least one and at most {@link STEP_WIDTH}. */
  readonly ids: readonly number[];
  /** Entries of the row that are in the cache. */
  readonly length: number;
  /** The position of the first token; the others follow. */
  readonly position: number;
}

/** What came of a wide step. */
export interface WideStep {
  /** Keys and values of what was read, by rows. */
  readonly entries: CacheRow['tensors'];
  /** What the model says in a row after so many tokens beyond its first. */
  readonly scoresAfter: (row: number, count: number) => TokenScores;
}

/**
 * Reads several tokens in each row over the cache as it is, which stays as it was.
 *
 * @param memory - the cache's first rows, as many as there are places in `rows`; those without a row are not looked at
 */
export async function stepWide(
  {
    config,
    programs,
  }: { readonly config: LanguageConfig; readonly programs: Pick<DecodingPrograms, 'read'> },
  rows: readonly (WideRow | undefined)[],
  memory: Readonly<Record<string, HostTensor>>,
): Promise<WideStep> {
  const batch = rows.length;
  const axes = config.text_config.mrope_section?.length;
  const ids = int32Zeros([batch, STEP_WIDTH]);
  const positions = int32Zeros(axes === undefined ? [batch, STEP_WIDTH] : [batch, STEP_WIDTH, axes]);
  const lengths = int32Zeros([batch]);
  const picks = int32Zeros([batch * STEP_WIDTH]);
  for (let i = 0; i < picks.data.length; i++) picks.data[i] = i;
  const each = axes ?? 1;
  for (const [at, row] of rows.entries()) {
    ids.data.set(row?.ids ?? [], at * STEP_WIDTH);
    lengths.data[at] = row?.length ?? 0;
    for (let i = 0; i < STEP_WIDTH * each; i++)
      positions.data[at * STEP_WIDTH * each + i] = (row?.position ?? 0) + Math.floor(i / each);
  }
  const { logprobs, best, ...entries } = await programs.read({ ids, positions, lengths, picks, ...memory });
  const scores = tokenScores(logprobs, best);
  return { entries, scoresAfter: (row, count) => scores(row * STEP_WIDTH + count) };
}
