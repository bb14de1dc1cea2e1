import type { HostTensor } from '@fgam/compile';
import type { LanguageConfig } from '../config.js';
import { modelsError } from '../error.js';
import { float32Zeros, int32Zeros } from '../generation/host-zeros.js';
import { promptPositions } from '../generation/prompt-positions.js';
import type { VisualPlace } from './image-batch.js';

/** A prompt and the answer that is to be learnt. */
export interface AnswerRow {
  /** The prompt's tokens, each image as as many image tokens as it has visual tokens. */
  readonly promptIds: readonly number[];
  /** The answer's tokens, that which ends it too. */
  readonly answerIds: readonly number[];
  /**
   * The prompt's images, in its order (`imageBatch`). Default: image tokens take the batch's visual
   * tokens one after another.
   */
  readonly images?: readonly VisualPlace[];
  /** Weight of the answer's tokens in the loss. Default 1. */
  readonly weight?: number;
}

/** Options of {@link answerBatch}: a model's family says the first two. */
export interface AnswerBatchOptions {
  /** The token that stands for visual tokens. */
  readonly imageTokenId: number;
  /** Where positions have an axis for time, rows and columns (`mrope_section`), they are [B, T, 3]. Default: [B, T]. */
  readonly config?: LanguageConfig;
  /** Tokens a row. Default: those of the longest. */
  readonly length?: number;
}

/**
 * Inputs of `pretrainedLogits` beside the images, with what the loss of the answers reads: `ids`, `slots`,
 * `positions`, `labels` [B, T] int32 and `mask` [B, T] float32, padded on the right. Entry t of the labels is
 * token t + 1; the mask is the row's weight where that is of an answer.
 *
 * @throws FgamError `models/bad-request` for a row without a prompt or answer, longer than `length`, or whose
 * image tokens are not those of its images
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
  const longest = Math.max(0, ...rows.map((row) => row.promptIds.length + row.answerIds.length));
  const { imageTokenId, length = longest } = options;
  const sections = options.config?.text_config.mrope_section;
  const faults = rows.flatMap((row, i) =>
    faultsOf(row, imageTokenId, length, sections !== undefined).map((fault) => `row ${i}: ${fault}`),
  );
  if (faults.length > 0) throw modelsError('models/bad-request', `answerBatch: ${faults.join('; ')}`);
  const shape = [rows.length, length];
  const [ids, slots, labels, mask] = [
    int32Zeros(shape),
    int32Zeros(shape),
    int32Zeros(shape),
    float32Zeros(shape),
  ];
  const positions = int32Zeros(sections === undefined ? shape : [...shape, sections.length]);
  let taken = 0;
  for (const [at, { promptIds, answerIds, images, weight = 1 }] of rows.entries()) {
    const tokens = [...promptIds, ...answerIds];
    const places = images?.flatMap(({ first, shape: [count = 0] }) =>
      Array.from({ length: count }, (_, i) => first + i),
    );
    let seen = 0;
    for (let t = 0; t < length; t++) {
      const entry = at * length + t;
      if (sections === undefined) positions.data[entry] = t;
      ids.data[entry] = tokens[t] ?? 0;
      labels.data[entry] = tokens[t + 1] ?? 0;
      if (t < promptIds.length && promptIds[t] === imageTokenId)
        slots.data[entry] = 1 + (places === undefined ? taken++ : (places[seen++] ?? 0));
      if (t + 1 >= promptIds.length && t + 1 < tokens.length) mask.data[entry] = weight;
    }
    if (sections !== undefined) {
      const { places: own } = promptPositions(tokens, imageTokenId, images ?? []);
      positions.data.set(own, at * length * sections.length);
    }
  }
  return { ids, slots, positions, labels, mask };
}

function faultsOf(
  { promptIds, answerIds, images }: AnswerRow,
  imageTokenId: number,
  length: number,
  needsImages: boolean,
): string[] {
  const faults: string[] = [];
  if (promptIds.length === 0 || answerIds.length === 0) faults.push('expected a prompt and an answer');
  const tokens = promptIds.length + answerIds.length;
  if (tokens > length) faults.push(`expected at most ${length} tokens, got ${tokens}`);
  const places = promptIds.filter((id) => id === imageTokenId).length;
  const visual = images?.reduce((sum, { shape: [count = 0] }) => sum + count, 0);
  if (visual !== undefined && visual !== places)
    faults.push(`expected ${visual} image tokens, those of its images, got ${places}`);
  if (visual === undefined && needsImages && places > 0)
    faults.push("expected the row's images, whose rows and columns positions are of, got none");
  return faults;
}
