import type { Transfer } from './runner.js';
import { copyTensor, emptyTensor, type HostTensor, type Tensors, tensorFrom } from './tensors.js';

/**
 * Tensors in memory that is nobody else's, so that it can go to another thread.
 *
 * `move` takes the memory itself and leaves the given arrays empty. An array over a part of its buffer, over
 * shared memory or over memory that can't be moved (a Node `Buffer`'s pool, WebAssembly's) is copied and
 * stays as it is: to move its buffer would take what else lies there.
 */
export function ownedTensors(tensors: Tensors, transfer: Transfer): Tensors {
  const entries = Object.entries(tensors);
  const owned = new Map<string, HostTensor>();
  const moving: (readonly [name: string, tensor: HostTensor, buffer: ArrayBuffer])[] = [];
  for (const [name, tensor] of entries) {
    const [buffer] = transfer === 'move' ? wholeBuffers(tensor.data) : [];
    // Without elements there is nothing to move, and nothing to empty.
    if (tensor.data.length === 0) owned.set(name, emptyTensor(tensor));
    else if (buffer === undefined) owned.set(name, copyTensor(tensor));
    else moving.push([name, tensor, buffer]);
  }
  // After the copies: a part of a buffer that is moved can't be read any more.
  const moved = new Map<ArrayBuffer, ArrayBuffer>();
  for (const [name, tensor, buffer] of moving) {
    const memory = moved.get(buffer) ?? movedBuffer(buffer);
    moved.set(buffer, memory);
    owned.set(name, tensorFrom(tensor, memory));
  }
  return Object.fromEntries(entries.map(([name]) => [name, owned.get(name) as HostTensor]));
}

/** The buffers under owned tensors, each once, as `postMessage` takes them. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  const buffers = Object.values(tensors).map(({ data }) => data.buffer);
  return [...new Set(buffers.filter((buffer) => buffer instanceof ArrayBuffer))];
}

/** The buffer of an array that is all there is in it; none for other arrays. */
export function wholeBuffers({ buffer, byteLength }: ArrayBufferView): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength ? [buffer] : [];
}

function movedBuffer(buffer: ArrayBuffer): ArrayBuffer {
  try {
    return structuredClone(buffer, { transfer: [buffer] });
  } catch (error) {
    // Node copies some memory that can't be moved, and refuses other.
    if (error instanceof DOMException && error.name === 'DataCloneError') return buffer.slice(0);
    throw error;
  }
}
