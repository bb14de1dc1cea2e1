import type { CaptureBackend, GraphValue } from '../capture-backend.js';

/** The same elements under another shape; no node where the shape is the same. */
export function reshapedTo(backend: CaptureBackend, x: GraphValue, shape: readonly number[]): GraphValue {
  if (shape.length === x.shape.length && shape.every((length, axis) => length === x.shape[axis])) return x;
  // Without `allowzero` a length of 0 would mean "as before".
  const inputs = [x.name, backend.graph.integers(shape)];
  return { name: backend.graph.addNode('Reshape', inputs, { allowzero: 1 }), shape, dtype: x.dtype };
}

/** A value whose axis `i` is x's axis `perm[i]`; no node where the order is the same. */
export function transposed(backend: CaptureBackend, x: GraphValue, perm: readonly number[]): GraphValue {
  if (perm.every((from, to) => from === to)) return x;
  const shape = perm.map((axis) => x.shape[axis] as number);
  return { name: backend.graph.addNode('Transpose', [x.name], { perm }), shape, dtype: x.dtype };
}

/** The whole numbers from `from` up to, not including, `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

/** From [batch, ...places, channels], tfjs's order, to [batch, channels, ...places], ONNX's. */
export function channelsFirst(backend: CaptureBackend, x: GraphValue): GraphValue {
  const { length } = x.shape;
  return transposed(backend, x, [0, length - 1, ...range(1, length - 1)]);
}

/** From [batch, channels, ...places], ONNX's order, to [batch, ...places, channels], tfjs's. */
export function channelsLast(backend: CaptureBackend, x: GraphValue): GraphValue {
  return transposed(backend, x, [0, ...range(2, x.shape.length), 1]);
}

/** x with a number of elements before and after each axis filled with a number; no node where there are none. */
export function padded(
  backend: CaptureBackend,
  x: GraphValue,
  paddings: readonly (readonly [number, number])[],
  fill: number,
): GraphValue {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const { graph } = backend;
  const pads = graph.integers([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  const shape = x.shape.map(
    (length, axis) => length + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0),
  );
  const name = graph.addNode('Pad', [x.name, pads, graph.scalar(fill, x.dtype)], { mode: 'constant' });
  return { name, shape, dtype: x.dtype };
}

/** The part of x that begins at a place and has a size; no node where it is all of x. */
export function sliced(
  backend: CaptureBackend,
  x: GraphValue,
  begin: readonly number[],
  size: readonly number[],
): GraphValue {
  if (size.every((length, axis) => length === x.shape[axis])) return x;
  const end = begin.map((start, axis) => start + (size[axis] as number));
  const places = [begin, end].map((list) => backend.graph.integers(list));
  return { name: backend.graph.addNode('Slice', [x.name, ...places]), shape: size, dtype: x.dtype };
}

/** Elements of x along an axis, at places that are known; no node where they are all, in order. */
export function gathered(
  backend: CaptureBackend,
  x: GraphValue,
  axis: number,
  places: readonly number[],
): GraphValue {
  if (places.length === x.shape[axis] && places.every((from, to) => from === to)) return x;
  const name = backend.graph.addNode('Gather', [x.name, backend.graph.integers(places)], { axis });
  return { name, shape: x.shape.with(axis, places.length), dtype: x.dtype };
}
