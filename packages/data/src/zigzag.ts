/** Places of the 64 coefficients of a JPEG's block, row by row, in zigzag order. */
export const ZIGZAG = Uint8Array.from(
  Array.from({ length: 15 }, (_, diagonal) => {
    const rows = Array.from({ length: 8 }, (_, row) => row).filter(
      (row) => diagonal - row >= 0 && diagonal - row < 8,
    );
    const places = rows.map((row) => row * 8 + diagonal - row);
    return diagonal % 2 === 0 ? places.reverse() : places;
  }).flat(),
);
