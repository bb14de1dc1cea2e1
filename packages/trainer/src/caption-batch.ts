import type { HostTensor } from '@fgam/compile';
import { float32Input, int32Input } from '@fgam/data';
import { trainerError } from './error.js';

/** A caption and captions that are wrong of the same image, as token ids without the token that ends them. */
export interface CaptionRow {
  /** Left out of an image that is not to be contrasted; its wrong captions are then nobody's. */
  readonly captionIds?: readonly number[];
  readonly wrongCaptionIds?: readonly (readonly number[])[];
}

/**
 * Inputs of `haclLoss` beside those of `answerBatch`: captions and wrong captions, padded on the right. As
 * many rows as images, in their order.
 *
 * Of B images, captions of T tokens and K wrong captions: `captionIds` [B, T] int32, `captionMask` [B, T] and
 * `hasCaption` [B] float32; `wrongCaptionIds` [B, K, T] int32, `wrongCaptionTextMask` [B, K, T] and
 * `wrongCaptionMask` [B, K] float32. Masks are 1 where there is a token or a caption.
 *
 * @param options - `length`: tokens of a caption, longer ones are cut. Default: of the longest. `count`:
 * wrong captions of an image, fewer are padded and more left out. Default 1
 * @throws FgamError `trainer/bad-config` that lists every row with a caption without tokens
 * @example
 * ```ts
 * import { captionBatch } from '@fgam/trainer';
 *
 * const { captionIds, wrongCaptionMask } = captionBatch([{ captionIds: [5, 6] }, { captionIds: [5], wrongCaptionIds: [[7]] }]);
 * if (captionIds.data.join() !== '5,6,5,0' || wrongCaptionMask.data.join() !== '0,1') throw new Error('expected padding');
 * ```
 */
export function captionBatch(
  rows: readonly CaptionRow[],
  options: { readonly length?: number; readonly count?: number } = {},
): Record<
  | 'captionIds'
  | 'captionMask'
  | 'hasCaption'
  | 'wrongCaptionIds'
  | 'wrongCaptionTextMask'
  | 'wrongCaptionMask',
  HostTensor
> {
  const { count = 1 } = options;
  const wrong = rows.map(({ captionIds, wrongCaptionIds = [] }) =>
    captionIds === undefined ? [] : wrongCaptionIds.slice(0, count),
  );
  const all = rows.map(({ captionIds }, row) =>
    captionIds === undefined ? [] : [captionIds, ...(wrong[row] ?? [])],
  );
  const { length = Math.max(0, ...all.flat().map((ids) => ids.length)) } = options;
  const empty = all.flatMap((texts, row) => (texts.some((ids) => ids.length === 0) ? [row] : []));
  if (rows.length === 0 || empty.length > 0)
    throw trainerError(
      'trainer/bad-config',
      rows.length === 0
        ? 'captionBatch: expected a row, got none'
        : `captionBatch: expected captions with tokens, got none in rows ${empty.join(', ')}`,
    );
  const [B, T, K] = [rows.length, length, count];
  const texts = (shape: readonly number[]) => ({ ids: int32Input(shape), mask: float32Input(shape) });
  const [right, other] = [texts([B, T]), texts([B, K, T])];
  const [hasCaption, wrongCaptionMask] = [float32Input([B]), float32Input([B, K])];
  const write = (into: typeof right, at: number, ids: readonly number[]): void => {
    into.ids.data.set(ids.slice(0, T), at * T);
    into.mask.data.fill(1, at * T, at * T + Math.min(T, ids.length));
  };
  for (const [row, { captionIds }] of rows.entries()) {
    if (captionIds === undefined) continue;
    write(right, row, captionIds);
    hasCaption.data[row] = 1;
    for (const [k, ids] of (wrong[row] ?? []).entries()) {
      write(other, row * K + k, ids);
      wrongCaptionMask.data[row * K + k] = 1;
    }
  }
  return {
    captionIds: right.ids,
    captionMask: right.mask,
    hasCaption,
    wrongCaptionIds: other.ids,
    wrongCaptionTextMask: other.mask,
    wrongCaptionMask,
  };
}
