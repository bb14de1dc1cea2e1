import type { BoxUnit, Detection } from '@fgam/data';
import { labelError } from '../error.js';
import type { PhraseSpan } from './chunk-phrases.js';

/** What a model says of one image and one text. */
export interface GroundingOutput {
  /** float32 `[queries, columns]`: a logit for each query and token; -infinity where there is no token. */
  readonly logits: Float32Array;
  /** float32 `[queries, 4]`: centre x, centre y, width, height, as fractions of the image. */
  readonly boxes: Float32Array;
  readonly queries: number;
  readonly columns: number;
}

/** Which queries become detections; both strict (`>`), 0..1. */
export interface GroundingThresholds {
  /** On a query's largest probability over all tokens. */
  readonly box: number;
  /** On the probability of a token, for its phrase to be the label. */
  readonly text: number;
}

/**
 * The queries that a text grounds, with their phrases: transformers'
 * `post_process_grounded_object_detection`, phrase by phrase.
 *
 * `p[q, t] = sigmoid(logits[q, t])`; a query stays where `max_t p[q, t] > box`, over all tokens as there; its
 * label is made of the tokens with `p[q, t] > text`.
 *
 * Departures, because a label must be one of the phrases asked for: a label of a part of a phrase (`remote`)
 * is the whole phrase (`remote control`); one that spans phrases (`cat remote`) is the phrase with the
 * largest probability; one of no phrase's token (only special tokens, a full stop) is dropped. The score is
 * the largest probability of the phrase's own tokens, not of all.
 *
 * @param spans - the phrases' tokens
 * @returns in the order of the queries; boxes clipped to the image, those without area left out
 * @throws FgamError `label/bad-output` where a logit is not a number or a box is not finite
 */
export function groundedDetections(
  output: GroundingOutput,
  spans: readonly PhraseSpan[],
  thresholds: GroundingThresholds,
): Detection[] {
  const { logits, boxes, queries, columns } = output;
  const detections: Detection[] = [];
  for (let query = 0; query < queries; query++) {
    const row = logits.subarray(query * columns, (query + 1) * columns);
    if (sigmoid(largest(row)) <= thresholds.box) continue;
    const best = bestSpan(row, spans);
    if (best === undefined || !(best.score > thresholds.text)) continue;
    const box = cornersOf(boxes.subarray(4 * query, 4 * query + 4));
    if (box !== undefined) detections.push({ box, label: best.label, score: best.score });
  }
  return detections;
}

function bestSpan(
  row: Float32Array,
  spans: readonly PhraseSpan[],
): { readonly label: string; readonly score: number } | undefined {
  let best: { readonly label: string; readonly score: number } | undefined;
  for (const { label, start, end } of spans) {
    const score = sigmoid(largest(row.subarray(start, end)));
    if (best === undefined || score > best.score) best = { label, score };
  }
  return best;
}

function largest(values: Float32Array): number {
  let most = -Infinity;
  for (const value of values) {
    if (Number.isNaN(value))
      throw labelError(
        'label/bad-output',
        'groundedDetections: expected logits, got NaN; the weights are broken, or a float16 model overflowed: use float32',
      );
    if (value > most) most = value;
  }
  return most;
}

function cornersOf([x = NaN, y = NaN, width = NaN, height = NaN]: Float32Array): BoxUnit | undefined {
  if (![x, y, width, height].every(Number.isFinite))
    throw labelError(
      'label/bad-output',
      `groundedDetections: expected finite boxes, got ${x}, ${y}, ${width}, ${height}; the weights are broken, or a float16 model overflowed`,
    );
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const [x0, y0] = [clip(x - width / 2), clip(y - height / 2)];
  const [x1, y1] = [clip(x + width / 2), clip(y + height / 2)];
  return x1 > x0 && y1 > y0 ? { x0, y0, x1, y1 } : undefined;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
