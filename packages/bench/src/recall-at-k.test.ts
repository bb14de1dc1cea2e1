import { describe, expect, test } from 'vitest';
import { recallAtK } from './recall-at-k.js';

describe('recallAtK', () => {
  test('worked by hand: three rows, four columns, the last column a second positive of row 0', () => {
    const similarity = [
      [0.1, 0.5, 0.2, 0.9], // best positive: column 3, rank 1
      [0.8, 0.4, 0.6, 0.0], // positive column 1: rank 3
      [0.3, 0.7, 0.5, 0.1], // positive column 2: rank 2
    ];
    const { rowToColumn, columnToRow } = recallAtK({
      similarity,
      positives: (row) => (row === 0 ? [0, 3] : [row]),
      ks: [1, 2],
    });
    expect(rowToColumn.map(({ recall }) => recall)).toEqual([1 / 3, 2 / 3]);
    // Row 0 has 2 of 4: 1 - C(2,1)/C(4,1) = 1/2, 1 - C(2,2)/C(4,2) = 5/6; the others 1/4 and 1/2.
    expect(rowToColumn[0]?.chance).toBeCloseTo((1 / 2 + 1 / 4 + 1 / 4) / 3, 12);
    expect(rowToColumn[1]?.chance).toBeCloseTo((5 / 6 + 1 / 2 + 1 / 2) / 3, 12);
    // Columns: 0 wants row 0 (0.1, rank 3); 1 wants row 1 (0.4, rank 3); 2 wants row 2 (0.5,
    // rank 2); 3 wants row 0 (rank 1).
    expect(columnToRow.map(({ recall }) => recall)).toEqual([1 / 4, 2 / 4]);
    expect(columnToRow[0]?.n).toBe(4);
  });

  test('equal embeddings of everything score nothing', () => {
    const similarity = Array.from({ length: 6 }, () => Array<number>(6).fill(1));
    const { rowToColumn } = recallAtK({ similarity, positives: (row) => [row] });
    expect(rowToColumn.map(({ recall }) => recall)).toEqual([0, 0]);
    expect(rowToColumn[1]?.chance).toBeCloseTo(5 / 6, 12);
  });

  test('leaves rows without a positive out, and refuses what is no matrix', () => {
    const { rowToColumn } = recallAtK({
      similarity: [
        [1, 0],
        [0, 1],
      ],
      positives: (row) => (row === 0 ? [0] : []),
      ks: [1],
    });
    expect(rowToColumn[0]).toMatchObject({ recall: 1, n: 1 });
    expect(() => recallAtK({ similarity: [[1, 0], [0]], positives: () => [0] })).toThrow(/row 1/);
    expect(() => recallAtK({ similarity: [[Number.NaN]], positives: () => [0] })).toThrow(/NaN/);
    expect(() => recallAtK({ similarity: [[1]], positives: () => [1] })).toThrow(/0\.\.0/);
  });
});
