import { expect, test } from 'vitest';
import { buffersOf, ownedTensors } from './own-tensors.js';
import type { HostTensor } from './tensors.js';

const real = (data: Float32Array): HostTensor => ({ shape: [data.length], dtype: 'float32', data });
const truth = (data: Uint8Array): HostTensor => ({ shape: [data.length], dtype: 'bool', data });

test('an array over its whole buffer is moved, and empty afterwards', () => {
  const [x, i, b] = [Float32Array.of(1, 2), Int32Array.of(3), Uint8Array.of(1, 0)];
  const owned = ownedTensors({ x: real(x), i: { shape: [1], dtype: 'int32', data: i }, b: truth(b) }, 'move');
  expect(owned).toEqual({
    x: real(Float32Array.of(1, 2)),
    i: { shape: [1], dtype: 'int32', data: Int32Array.of(3) },
    b: truth(Uint8Array.of(1, 0)),
  });
  expect([x.buffer.byteLength, i.buffer.byteLength, b.buffer.byteLength]).toEqual([0, 0, 0]);
});

test('a copy leaves the given array as it is, and shares nothing with it', () => {
  const x = Float32Array.of(1, 2);
  const { y } = ownedTensors({ y: real(x) }, 'copy');
  x[0] = 9;
  expect(y).toEqual(real(Float32Array.of(1, 2)));
  expect(x).toHaveLength(2);
});

test('a part of a larger buffer is copied: what else lies there is not taken', () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  const { part } = ownedTensors({ part: real(whole.subarray(1, 3)) }, 'move');
  expect(part).toEqual(real(Float32Array.of(2, 3)));
  expect(part?.data.buffer.byteLength).toBe(8);
  expect(whole).toEqual(Float32Array.of(1, 2, 3, 4));
});

test('a part is copied before the buffer that it lies in is moved, whichever comes first', () => {
  for (const isFirst of [true, false]) {
    const whole = Float32Array.of(1, 2, 3);
    const pair = [
      ['whole', real(whole)],
      ['part', real(whole.subarray(2))],
    ] as const;
    const owned = ownedTensors(Object.fromEntries(isFirst ? pair : [...pair].reverse()), 'move');
    expect(owned).toEqual({ whole: real(Float32Array.of(1, 2, 3)), part: real(Float32Array.of(3)) });
    expect(whole).toHaveLength(0);
  }
});

test('two tensors over one buffer go together', () => {
  const x = real(Float32Array.of(1));
  const owned = ownedTensors({ x, again: x, bits: truth(new Uint8Array(x.data.buffer)) }, 'move');
  expect(owned['again']).toEqual(real(Float32Array.of(1)));
  expect(owned['bits']?.data).toEqual(Uint8Array.of(0, 0, 128, 63));
  expect(buffersOf(owned)).toHaveLength(1);
});

// The DOM's types are not there.
const { Memory } = (
  globalThis as unknown as {
    WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } };
  }
).WebAssembly;

test('Buffers of the pool, shared memory and WebAssembly’s are copied, and stay', () => {
  const pooled = Buffer.from([1, 0, 1]);
  const shared = new Float32Array(new SharedArrayBuffer(4)).fill(7);
  const wasm = new Float32Array(new Memory({ initial: 1 }).buffer).fill(3);
  const owned = ownedTensors({ pooled: truth(pooled), shared: real(shared), wasm: real(wasm) }, 'move');
  expect(owned['pooled']).toEqual(truth(Uint8Array.of(1, 0, 1)));
  expect(owned['shared']).toEqual(real(Float32Array.of(7)));
  expect(owned['wasm']?.data).toEqual(new Float32Array(16384).fill(3));
  expect(buffersOf(owned).map(({ byteLength }) => byteLength)).toEqual([3, 4, 65536]);
  expect([pooled.length, pooled[0], shared[0], wasm[0]]).toEqual([3, 1, 7, 3]);
});

test('a tensor without elements can be given again and again', () => {
  const none = { shape: [0, 2], dtype: 'float32', data: new Float32Array(0) } as const;
  for (let i = 0; i < 2; i++) expect(ownedTensors({ none }, 'move')).toEqual({ none });
  // Also where another has moved its memory.
  structuredClone(none.data.buffer, { transfer: [none.data.buffer] });
  expect(ownedTensors({ none }, 'move')['none']?.data).toHaveLength(0);
});
