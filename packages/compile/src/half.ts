const view = new DataView(new ArrayBuffer(4));

/** IEEE 754 half precision to float32. */
export function floatFromHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16, the upper half of a float32, to float32. */
export function floatFromBrain(brains: Uint16Array): Float32Array {
  const bits = Uint32Array.from(brains, (brain) => brain << 16);
  return new Float32Array(bits.buffer);
}

/** float32 to IEEE 754 half precision, rounded to the nearest, ties to even; too large numbers become infinite. */
export function halfFromFloat(floats: Float32Array): Uint16Array {
  return Uint16Array.from(floats, (value) => {
    view.setFloat32(0, value);
    const bits = view.getUint32(0);
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    if (magnitude >= 0x47800000) return sign | 0x7c00;
    if (magnitude < 0x38800000) return sign | roundEven(Math.abs(value) * 2 ** 24);
    // Rebias the exponent from 127 to 15; a carry out of the fraction steps into it, as it should.
    const rebased = magnitude - (112 << 23);
    const rounded = (rebased + 0xfff + ((rebased >> 13) & 1)) >> 13;
    return sign | Math.min(rounded, 0x7c00);
  });
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
