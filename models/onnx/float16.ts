/** IEEE 754 binary16, rounded to the nearest, ties to even. What is too large becomes infinite. */
export function floatsToHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, toHalf);
}

function toHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  // Not a number, infinite, or so large that it rounds to infinity: 65520 and more.
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14: in steps of 2^-24.
  if (magnitude < 0x38800000) {
    const shift = 126 - (magnitude >>> 23);
    if (shift > 24) return sign;
    return sign | rounded((magnitude & 0x7fffff) | 0x800000, shift);
  }
  // The exponents' biases are 127 and 15; a carry out of the fraction raises the exponent as it should.
  return sign | rounded(magnitude - ((127 - 15) << 23), 13);
}

/** `value / 2^shift` */
function rounded(value: number, shift: number): number {
  const whole = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return rest > middle || (rest === middle && whole & 1) ? whole + 1 : whole;
}
