import { describe, expect, it } from 'vitest';
import type { DecodingRow } from './decoding-row.js';
import type { KnownPrompt } from './kept-prompts.js';
import { takeGroup } from './reading-group.js';
import { createSequence } from './sequence.js';

const sequence = createSequence(
  { prompt: '', maxTokens: 9 },
  { isAllowed: () => true, isEnd: () => false, decode: () => '' },
);
const counted = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
const rowOf = (units: readonly number[], more: Partial<DecodingRow> = {}): DecodingRow => ({
  sequence,
  ids: units,
  units,
  visual: [],
  draft: [],
  ...more,
});
const known = (...all: readonly (readonly number[])[]): KnownPrompt[] =>
  all.map((units, row) => ({ units, tensors: {}, row }));
const startOf = (row: DecodingRow, prompts: readonly KnownPrompt[] = []) =>
  takeGroup([row], 9, () => prompts).readings[0]?.start;
const roomOf = (row: DecodingRow, prompts: readonly KnownPrompt[] = []) =>
  takeGroup([row], 9, () => prompts).room;

describe('takeGroup', () => {
  it('takes from prompts that begin alike what they have in common, where it is much', () => {
    expect(startOf(rowOf(counted(200)))).toBe(0);
    expect(startOf(rowOf(counted(200)), known(counted(31)))).toBe(0);
    expect(startOf(rowOf(counted(200)), known(counted(32)))).toBe(32);
    expect(startOf(rowOf(counted(200)), known(counted(70), counted(64)))).toBe(70);
    expect(startOf(rowOf(counted(200)), known(counted(64), counted(300)))).toBe(199);
    // The next to differ is not taken.
    expect(startOf(rowOf(counted(200)), known([...counted(90), 9999, ...counted(99)]))).toBe(90);
    // The last token of a prompt is read.
    expect(startOf(rowOf(counted(128)), known(counted(128)))).toBe(127);
  });

  it('has the same room for whatever is taken, but for an image alone', () => {
    expect([70, 127, 128, 129].map((count) => roomOf(rowOf(counted(200)), known(counted(count))))).toEqual([
      128, 128, 128, 256,
    ]);
    expect(roomOf(rowOf(counted(200)))).toBe(0);
    const row = rowOf(counted(200), { prefix: { tensors: {}, length: 16 } });
    expect([roomOf(row), roomOf(row, known(counted(60)))]).toEqual([16, 128]);
  });

  it('begins behind the keys and values of an image, and takes more where more is known', () => {
    const row = rowOf([...new Array<number>(16).fill(-1), ...counted(100)], {
      prefix: { tensors: {}, length: 16 },
    });
    expect(startOf(row)).toBe(16);
    expect(startOf(row, known(row.units.slice(0, 47)))).toBe(16);
    expect(startOf(row, known(row.units.slice(0, 48)))).toBe(48);
    const [reading] = takeGroup([row], 9, () => known([1], row.units)).readings;
    expect(reading?.source).toMatchObject({ row: 1 });
  });

  it('reads together what has the same shape, and the same prompt once', () => {
    const waiting = [
      rowOf(counted(20)),
      rowOf(counted(40)),
      rowOf(counted(21, 100)),
      rowOf(counted(20)),
      rowOf(counted(20), { draft: [1, 2] }),
      rowOf(counted(30, 500)),
    ];
    const group = takeGroup(waiting, 9, () => []);
    expect(group).toMatchObject({ room: 0, length: 32, picks: 1 });
    expect(group.readings.map(({ row, twins }) => [row.ids.length, twins.length])).toEqual([
      [20, 1],
      [21, 0],
      [30, 0],
    ]);
    expect(waiting.map(({ ids }) => ids.length)).toEqual([40, 20]);
    expect(takeGroup(waiting, 9, () => [])).toMatchObject({ length: 64, picks: 1 });
    expect(takeGroup(waiting, 9, () => [])).toMatchObject({ length: 32, picks: 32 });
    expect(waiting).toEqual([]);
  });

  it('takes no more than there is room for, twins too, in their order', () => {
    const waiting = [5, 5, 6, 5, 7].map((from) => rowOf(counted(10, 10 * from)));
    const group = takeGroup(waiting, 3, () => []);
    expect(group.readings.map(({ twins }) => twins.length)).toEqual([1, 0]);
    expect(waiting.map(({ ids }) => ids[0])).toEqual([50, 70]);
  });

  it('lets a prompt wait for one that begins alike', () => {
    const [first, second] = [rowOf([...counted(90), 1]), rowOf([...counted(90), 2])];
    const other = rowOf(counted(91, 900));
    const waiting = [first, second, other];
    expect(takeGroup(waiting, 9, () => []).readings.map(({ row }) => row)).toEqual([first, other]);
    expect(waiting).toEqual([second]);
    expect(startOf(second, known(first.units))).toBe(90);
  });
});
