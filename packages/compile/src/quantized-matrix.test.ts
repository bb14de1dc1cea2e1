import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantized, joinedMatrix, quantizedMemory, quantizeMatrix } from './quantized-matrix.js';
import type { HostTensor } from './tensors.js';

const matrix = (out: number, input: number, at: (i: number) => number): HostTensor => ({
  shape: [out, input],
  dtype: 'float32',
  data: Float32Array.from({ length: out * input }, (_, i) => at(i)),
});

describe('a matrix in 8 bits', () => {
  it('has a scale and whole numbers a block, worked by hand', () => {
    // 17 numbers a row in blocks of 16: the last block of each row holds one number.
    const data = new Float32Array(34);
    data.set([12.7, -0.26, 6.35], 0);
    data[16] = -254;
    data.set([0, 0], 17);
    data[33] = 1;
    const found = quantizeMatrix({ shape: [2, 17], dtype: 'float32', data }, { block: 16 });
    expect(found.codes.length).toBe(2 * 2 * 16);
    expect([...found.scales].map((s) => Math.round(1e6 * s))).toEqual([100000, 2000000, 0, 7874]);
    // -0.26 / 0.1 is nearest to -3; 6.35 / 0.1 to 63 or 64, whichever side float32 falls on.
    expect([found.codes[0], found.codes[1], found.codes[3]]).toEqual([255, 125, 128]);
    expect(found.codes[16]).toBe(1);
    expect(found.codes.subarray(17, 48).every((code) => code === 128)).toBe(true);
    expect(found.codes[48]).toBe(255);
    const back = dequantized(found).data;
    expect(back[16]).toBe(-254);
    expect(back[33]).toBeCloseTo(1, 6);
  });

  it('moves no number by more than half a step of its block', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e4, max: 1e4 }), {
          minLength: 1,
          maxLength: 70,
        }),
        fc.constantFrom(16, 32, 64),
        (out, row, block) => {
          const given = matrix(out, row.length, (i) => row[i % row.length] as number);
          const found = quantizeMatrix(given, { block });
          const back = dequantized(found).data;
          const blocks = Math.ceil(row.length / block);
          for (const [i, value] of given.data.entries()) {
            const scale = found.scales[
              Math.floor(i / row.length) * blocks + Math.floor((i % row.length) / block)
            ] as number;
            expect(Math.abs(value - (back[i] as number))).toBeLessThanOrEqual(scale * 0.5001 + 127 * 1.5e-45);
          }
        },
      ),
    );
  });

  it('keeps the signs of numbers so small that their scale is rounded by half', () => {
    // 150, 64 and 1 steps of 2^-149: 150 / 127 of a step would be 1, and 150 no code.
    for (const [steps, scale, codes] of [
      [[150, -150, 3], 2, [203, 53, 130]],
      [[64, -64, 1], 1, [192, 64, 129]],
      [[1, -1, 0], 1, [129, 127, 128]],
    ] as const) {
      const data = Float32Array.from(steps, (count) => count * 2 ** -149);
      const found = quantizeMatrix({ shape: [1, 3], dtype: 'float32', data });
      expect(found.scales[0]).toBe(scale * 2 ** -149);
      expect([...found.codes.subarray(0, 3)]).toEqual(codes);
    }
  });

  it('is refused for other tensors, for NaN and for blocks that are no power of 2', () => {
    expect(() => quantizeMatrix({ ...matrix(1, 2, () => 1), shape: [2] })).toThrow(/float32 matrix/);
    expect(() =>
      quantizeMatrix(
        matrix(1, 3, () => Number.NaN),
        { name: 'q_proj' },
      ),
    ).toThrow(/\(q_proj\): .*NaN or infinities/);
    expect(() => quantizeMatrix(matrix(1, 3, (i) => (i === 1 ? Number.POSITIVE_INFINITY : 0)))).toThrow(
      /NaN or infinities/,
    );
    expect(() =>
      quantizeMatrix(
        matrix(1, 3, () => 1),
        { block: 24 },
      ),
    ).toThrow(/got 24/);
    const memory = quantizedMemory([1], 3)[0];
    expect(() =>
      quantizeMatrix(
        matrix(2, 3, () => 1),
        memory && { memory },
      ),
    ).toThrow(/memory for 2 blocks/);
  });

  it('is one with others where they lie one after the other', () => {
    const memory = quantizedMemory([2, 3], 20, 16);
    const parts = [2, 3].map((out, i) => {
      const part = memory[i];
      if (part === undefined) throw new Error('no memory');
      return quantizeMatrix(
        matrix(out, 20, (j) => Math.sin(j + 7 * i)),
        { block: 16, memory: part },
      );
    });
    const whole = joinedMatrix(parts);
    expect(whole?.shape).toEqual([5, 20]);
    expect([...(whole === undefined ? [] : dequantized(whole).data)]).toEqual(
      parts.flatMap((part) => [...dequantized(part).data]),
    );
    expect(joinedMatrix(parts.toReversed())).toBeUndefined();
    const apart = quantizeMatrix(
      matrix(3, 20, () => 1),
      { block: 16 },
    );
    expect(joinedMatrix([...parts, apart])).toBeUndefined();
  });
});
