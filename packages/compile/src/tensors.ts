import type * as tf from '@tensorflow/tfjs-core';
import { type CompileErrorCode, FgamError } from './error.js';

/** Element types of captured programs; `bool` is one byte an element. */
export type TensorType = 'float32' | 'int32' | 'bool';

/** Shape and element type of a tensor. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: TensorType;
}

/** A tensor in the host's memory: row-major data, no backend. */
export type HostTensor =
  | { readonly shape: readonly number[]; readonly dtype: 'float32'; readonly data: Float32Array }
  | { readonly shape: readonly number[]; readonly dtype: 'int32'; readonly data: Int32Array }
  | { readonly shape: readonly number[]; readonly dtype: 'bool'; readonly data: Uint8Array };

/** Weights by name, as in a Hugging Face checkpoint. */
export type Weights = Readonly<Record<string, HostTensor>>;

/** Host tensors by name. */
export type Tensors = Readonly<Record<string, HostTensor>>;

/** Tensors of a program by name. */
export type TensorMap = Readonly<Record<string, tf.Tensor>>;

/** A tensor program: weights and inputs in, named results out. Pure, written with tfjs-core's functions. */
export type Program = (weights: TensorMap, inputs: TensorMap) => TensorMap;

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The tensor of that name. @throws FgamError `compile/bad-input` where there is none */
export function tensorNamed(tensors: Tensors, name: string): HostTensor {
  const tensor = tensors[name];
  if (tensor === undefined)
    throw new FgamError('compile/bad-input', `session: expected a tensor for ${name}, got none`);
  return tensor;
}

/** A host tensor of zeros. */
export function zerosOf(shape: readonly number[]): HostTensor & { readonly dtype: 'float32' } {
  return { shape, dtype: 'float32', data: new Float32Array(sizeOf(shape)) };
}

/** A scalar as a host tensor. */
export function scalarOf(value: number): HostTensor {
  return { shape: [], dtype: 'float32', data: Float32Array.of(value) };
}

/** A host tensor for results to be written into. */
export function emptyTensor({ shape, dtype }: TensorSpec): HostTensor {
  const size = sizeOf(shape);
  switch (dtype) {
    case 'float32':
      return { shape, dtype, data: new Float32Array(size) };
    case 'int32':
      return { shape, dtype, data: new Int32Array(size) };
    case 'bool':
      return { shape, dtype, data: new Uint8Array(size) };
  }
}

/**
 * A copy that shares no memory: also of an array over shared memory, and of a Node `Buffer`,
 * whose `slice` copies nothing.
 */
export function copyTensor(tensor: HostTensor): HostTensor {
  return tensorFrom(tensor, tensor.data);
}

/** Copies that share no memory. */
export function copiesOf(tensors: Tensors): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, copyTensor(tensor)]));
}

/** The tensor of a shape and element type over a whole buffer, or with copies of the elements of an array. */
export function tensorFrom(
  { shape, dtype }: TensorSpec,
  source: ArrayBuffer | HostTensor['data'],
): HostTensor {
  switch (dtype) {
    case 'float32':
      return { shape, dtype, data: new Float32Array(source) };
    case 'int32':
      return { shape, dtype, data: new Int32Array(source) };
    case 'bool':
      return { shape, dtype, data: new Uint8Array(source) };
  }
}

/** @throws FgamError `compile/bad-input` for memory of another shape or element type than a result that goes there */
export function checkMemory(name: string, { shape, dtype }: TensorSpec, memory: TensorSpec): void {
  const isSame =
    memory.dtype === dtype &&
    memory.shape.length === shape.length &&
    memory.shape.every((size, axis) => size === shape[axis]);
  if (isSame) return;
  throw new FgamError(
    'compile/bad-input',
    `results: expected memory ${dtype} [${shape.join(', ')}] for ${name}, got ${memory.dtype} [${memory.shape.join(', ')}]`,
  );
}

/**
 * Results of which those that memory was given for are copied into it.
 * @throws FgamError as {@link checkMemory} and {@link checkMemoryNames} do
 */
export function writtenInto(memory: Tensors, results: Tensors): Tensors {
  checkMemoryNames(memory, results);
  const written: Record<string, HostTensor> = { ...results };
  for (const [name, result] of Object.entries(results)) {
    const target = memory[name];
    if (target === undefined) continue;
    checkMemory(name, result, target);
    target.data.set(result.data);
    written[name] = target;
  }
  return written;
}

/** Bytes of the elements, without copying. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** What an array of each element type calls itself; a Node `Buffer` is a Uint8Array. */
const ARRAYS = { float32: 'Float32Array', int32: 'Int32Array', bool: 'Uint8Array' } as const;

/**
 * Checks that data, shape and element type of named host tensors agree.
 *
 * @param code - of the error. Default `compile/bad-input`
 * @throws FgamError naming every tensor that is wrong
 */
export function checkHostTensors(
  owner: string,
  tensors: Readonly<Record<string, HostTensor>>,
  code: CompileErrorCode = 'compile/bad-input',
): void {
  const wrong = Object.entries(tensors).flatMap(([name, { shape, dtype, data }]) => {
    const tensor = `${name} [${shape.join(', ')}]`;
    // By name: an array may be of another realm, such as a vm's.
    if (data[Symbol.toStringTag] !== ARRAYS[dtype])
      return [`${tensor} ${dtype} in ${data[Symbol.toStringTag] ?? 'no typed array'}`];
    return data.length === sizeOf(shape) ? [] : [`${tensor} with ${data.length} elements`];
  });
  if (wrong.length === 0) return;
  throw new FgamError(
    code,
    `${owner}: expected as many elements as the shape says, in an array of the element type, got ${wrong.join('; ')}`,
  );
}

/** @throws FgamError `compile/bad-input` for memory under a name that no result has */
export function checkMemoryNames(memory: object, results: object): void {
  const unknown = Object.keys(memory).filter((name) => !Object.hasOwn(results, name));
  if (unknown.length === 0) return;
  throw new FgamError(
    'compile/bad-input',
    `results: expected memory for ${Object.keys(results).join(', ')}, got ${unknown.join(', ')}`,
  );
}
