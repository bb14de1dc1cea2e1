import type { HostTensor } from '@fgam/compile';
import { float32Zeros, int32Zeros } from '../generation/host-zeros.js';
import { modelsError } from '../error.js';

/** A prompt and the answer that is to be learnt. */
export interface AnswerRow {
  /** The prompt's tokens, each image as as many image tokens as it has visual tokens. */
  readonly promptIds: readonly number[];
  /** The answer's tokens, that which ends it too. */
  readonly answerIds: readonly number[];
}

/** Options of {@link answerBatch}. */
export interface AnswerBatchOptions {
  /** The token that stands for visual tokens; those of the batch's images are taken one after another. */
  readonly imageTokenId: number;
  /** Tokens a row. Default: those of the longest. */
  readonly length?: number;
}

/**
 * Inputs of `pretrainedLogits` beside the images, with what the loss of the answers reads: `ids`, `slots`, `positions`, `labels` [B, T] int32 and `mask`
 * [B, T] float32, padded on the right. Entry t of the labels is token t + 1; the mask is 1 where that is of an answer.
 *
 * @throws FgamError `models/bad-request` for a row without a prompt or answer, or longer than `length`
 * @example
 * ```ts
 * import { answerBatch } from '@fgam/models';
 *
 * const { labels, mask } = answerBatch([{ promptIds: [1, 5], answerIds: [7, 2] }], { imageTokenId: 9 });
 * if (labels.data.join() !== '5,7,2,0' || mask.data.join() !== '0,1,1,0') throw new Error('expected the answer alone');
 * ```
 */
export function answerBatch(
  rows: readonly AnswerRow[],
  options: AnswerBatchOptions,
): Record<'ids' | 'slots' | 'positions' | 'labels' | 'mask', HostTensor> {
  const lengths = rows.map(({ promptIds, answerIds }) => promptIds.length + answerIds.length);
  const { imageTokenId, length = Math.max(0, ...lengths) } = options;
  const faults = rows.flatMap(({ promptIds, answerIds }, row) => {
    const own: string[] = [];
    if (promptIds.length === 0 || answerIds.length === 0) own.push('expected a prompt and an answer');
    const tokens = lengths[row] ?? 0;
    if (tokens > length) own.push(`expected at most ${length} tokens, got ${tokens}`);
    return own.map((fault) => `row ${row}: ${fault}`);
  });
  if (faults.length > 0) throw modelsError('models/bad-request', `answerBatch: ${faults.join('; ')}`);
  const shape = [rows.length, length];
  const [ids, slots] = [int32Zeros(shape), int32Zeros(shape)];
  const [positions, labels, mask] = [int32Zeros(shape), int32Zeros(shape), float32Zeros(shape)];
  let slot = 0;
  for (const [at, { promptIds, answerIds }] of rows.entries()) {
    const tokens = [...promptIds, ...answerIds];
    for (let t = 0; t < length; t++) {
      const entry = at * length + t;
      positions.data[entry] = t;
      ids.data[entry] = tokens[t] ?? 0;
      labels.data[entry] = tokens[t + 1] ?? 0;
      if (t < promptIds.length && promptIds[t] === imageTokenId) slots.data[entry] = ++slot;
      if (t + 1 >= promptIds.length && t + 1 < tokens.length) mask.data[entry] = 1;
    }
  }
  return { ids, slots, positions, labels, mask };
}
