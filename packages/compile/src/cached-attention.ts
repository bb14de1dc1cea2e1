import * as tf from '@tensorflow/tfjs-core';
import { CAPTURE_BACKEND, CaptureBackend } from './capture-backend.js';
import { captureError } from './capture-error.js';
import { ONNX_TYPES } from './onnx-graph.js';
import type { TensorType } from './tensors.js';

/**
 * What a new token of each row attends to: H query heads of width d over Hkv heads of keys
 * and values, Hkv divides H.
 */
export interface CachedAttentionInputs {
  /** [B, (H + 2 Hkv) d] float32: the tokens' queries, keys and values side by side, not rotated. */
  readonly qkv: tf.Tensor;
  /** [B, Hkv, C, d] float32: rotated keys of the tokens before, of each row the first `lengths`. */
  readonly keys: tf.Tensor;
  /** [B, Hkv, C, d] float32: their values. */
  readonly values: tf.Tensor;
  /** [B] int32, each below C: tokens before in each row, and so the new token's place. */
  readonly lengths: tf.Tensor;
  /** [P, d / 2] float32, P at least C: cosines of the angles that positions turn pairs (i, i + d / 2) by. */
  readonly cos: tf.Tensor;
  /** [P, d / 2] float32: their sines. */
  readonly sin: tf.Tensor;
  /** [B] int32, each below P: the new tokens' positions. Default: their places. */
  readonly positions?: tf.Tensor;
}

/** Attention's result and the cache with the new tokens in it; what lies after a row's new token is not defined. */
export interface CachedAttention {
  /** [B, H d] float32. */
  readonly mixed: tf.Tensor;
  /** [B, Hkv, C, d] float32. */
  readonly keys: tf.Tensor;
  readonly values: tf.Tensor;
}

/** What is added to a score that must not count: exp of it is 0 in float32. */
const HIDDEN = -1e9;

/**
 * One step of decoding: turns a new token's query and key by its position p (RoFormer, Su et al.
 * 2021, arXiv:2104.09864, in LLaMA's layout), enters its key and value at place n of the cache, and
 * attends to places 0 .. n:
 *
 *     keys'[n] = R(p) k,   values'[n] = v,   mixed = softmax(keys'[0..n] R(p) q / sqrt(d)) values'[0..n],   p = n if not given
 *
 * In a graph for onnxruntime's CPU one node, which enters them in place where results are given the memory of
 * the cache (`results` of a function's `run`), and looks at no more of it than is filled. It has no gradient
 * there. Elsewhere it is composed of tfjs's operations. The node wants d to be a multiple of 16.
 *
 * @throws FgamError `compile/bad-input` for shapes that don't belong together
 * @example
 * ```ts
 * import { cachedAttention } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 * import '@tensorflow/tfjs-backend-cpu';
 *
 * const empty = tf.zeros([1, 1, 4, 2]);
 * const { mixed, values } = cachedAttention({
 *   qkv: tf.tensor2d([[1, 0, 1, 0, 5, 6]]),
 *   keys: empty,
 *   values: empty,
 *   lengths: tf.tensor1d([0], 'int32'),
 *   cos: tf.ones([4, 1]),
 *   sin: tf.zeros([4, 1]),
 * });
 * // The first token sees itself alone.
 * if (String(mixed.dataSync()) !== '5,6') throw new Error('expected its own value');
 * if (String(values.dataSync().slice(0, 2)) !== '5,6') throw new Error('expected it at place 0');
 * ```
 */
export function cachedAttention(inputs: CachedAttentionInputs): CachedAttention {
  const sizes = sizesOf(inputs);
  const { backend } = tf.engine();
  const isCapturing = tf.getBackend() === CAPTURE_BACKEND && backend instanceof CaptureBackend;
  const canBeOneNode = sizes.width % 16 === 0 && sizes.capacity > 1;
  return isCapturing && backend.graph.target.runtime === 'ort-cpu' && canBeOneNode
    ? oneNode(backend, inputs, sizes)
    : composed(inputs, sizes);
}

/** B, H, Hkv, C and d. */
interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly capacity: number;
  readonly width: number;
}

function sizesOf(inputs: CachedAttentionInputs): Sizes {
  const { qkv, keys, values, lengths, cos, sin, positions: at = lengths } = inputs;
  const [batch = 0, keyHeads = 0, capacity = 0, width = 0] = keys.shape;
  const [rows = -1, all = 0] = qkv.shape;
  const heads = all / width - 2 * keyHeads;
  const [positions = 0, half = 0] = cos.shape;
  const fits =
    keys.rank === 4 &&
    String(values.shape) === String(keys.shape) &&
    String(sin.shape) === String(cos.shape) &&
    String(lengths.shape) === String([batch]) &&
    String(at.shape) === String([batch]) &&
    rows === batch &&
    heads > 0 &&
    heads % keyHeads === 0 &&
    positions >= capacity &&
    2 * half === width;
  if (!fits) {
    const shapes = Object.entries({ qkv, keys, values, lengths, cos, sin, positions: at });
    throw captureError(
      'compile/bad-input',
      'cachedAttention: expected qkv [B, (H + 2 Hkv) d], keys and values [B, Hkv, C, d], lengths and positions [B], cos and sin [P >= C, d / 2], Hkv dividing H; got ' +
        shapes.map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', '),
    );
  }
  return { batch, heads, keyHeads, capacity, width };
}

/** onnxruntime's GroupQueryAttention over packed queries, keys and values, which rotates. */
function oneNode(
  backend: CaptureBackend,
  inputs: CachedAttentionInputs,
  { batch, heads, keyHeads, capacity, width }: Sizes,
): CachedAttention {
  const { graph } = backend;
  const all = (heads + 2 * keyHeads) * width;
  const packed = backend.graphValue(tf.reshape(inputs.qkv, [batch, 1, all]));
  const { keys, values, lengths, cos, sin } = inputs;
  const [keysName, valuesName, lengthsName, cosName, sinName] = [keys, values, lengths, cos, sin].map(
    (tensor) => backend.graphValue(tensor).name,
  ) as [string, string, string, string, string];
  const most = graph.constant(ONNX_TYPES.int32, [], Int32Array.of(capacity));
  const positions = inputs.positions === undefined ? [] : [columnOf(backend, inputs.positions)];
  const [mixedName, newKeys, newValues] = graph.addNodes(
    'GroupQueryAttention',
    [packed.name, '', '', keysName, valuesName, lengthsName, most, cosName, sinName, ...positions],
    3,
    { num_heads: heads, kv_num_heads: keyHeads, do_rotary: 1 },
    'com.microsoft',
  ) as [string, string, string];
  const tensor = (name: string, shape: readonly number[], dtype: TensorType): tf.Tensor =>
    tf.engine().makeTensorFromTensorInfo(backend.tensorOf(name, shape, dtype));
  const mixed = tensor(mixedName, [batch, 1, heads * width], 'float32');
  return {
    mixed: tf.reshape(mixed, [batch, heads * width]),
    keys: tensor(newKeys, keys.shape, 'float32'),
    values: tensor(newValues, values.shape, 'float32'),
  };
}

/** [B] int32 -> [B, 1] int64, as the node wants positions. */
function columnOf(backend: CaptureBackend, positions: tf.Tensor): string {
  const { name } = backend.graphValue(tf.reshape(positions, [positions.shape[0] ?? 0, 1]));
  return backend.graph.addNode('Cast', [name], { to: ONNX_TYPES.int64 });
}

/** Of the cache that is handed in nothing is read once the new one is written: they may be the same memory. */
function composed(
  inputs: CachedAttentionInputs,
  { batch, heads, keyHeads, capacity, width }: Sizes,
): CachedAttention {
  const all = tf.reshape(inputs.qkv, [batch, heads + 2 * keyHeads, width]);
  const [q, k, v] = tf.split(all, [heads, keyHeads, keyHeads], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const at = (table: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.gather(table, inputs.positions ?? inputs.lengths), [batch, 1, width / 2]);
  const [cos, sin] = [at(inputs.cos), at(inputs.sin)];
  const rotated = (x: tf.Tensor): tf.Tensor => {
    const [a, b] = tf.split(x, 2, 2) as [tf.Tensor, tf.Tensor];
    return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], 2);
  };
  const places = tf.reshape(tf.range(0, capacity, 1, 'int32'), [1, 1, capacity, 1]);
  const place = tf.reshape(inputs.lengths, [batch, 1, 1, 1]);
  // At all later places too, which hide it: what lies there may be NaN, and 0 of it would be NaN.
  const entered = (cache: tf.Tensor, entry: tf.Tensor): tf.Tensor =>
    tf.where(tf.less(places, place), cache, tf.reshape(entry, [batch, keyHeads, 1, width]));
  const keys = entered(inputs.keys, rotated(k));
  const values = entered(inputs.values, v);
  const grouped = tf.reshape(tf.mul(rotated(q), width ** -0.5), [batch, keyHeads, heads / keyHeads, width]);
  const isLater = tf.reshape(tf.greater(places, place), [batch, 1, 1, capacity]);
  const bias = tf.mul(tf.cast(isLater, 'float32'), HIDDEN);
  const shares = tf.softmax(tf.add(tf.matMul(grouped, keys, false, true), bias));
  return { mixed: tf.reshape(tf.matMul(shares, values), [batch, heads * width]), keys, values };
}
