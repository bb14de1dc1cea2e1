import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collateConversations } from './collate-conversations.js';

/** Each word is its own number: `10 11` -> 10, 11. */
const tokenize = (text: string) => text.split(' ').filter(Boolean).map(Number);
const pixels = new Uint8Array(12);
const base = { tokenize, eosId: 1 };

describe('collateConversations', () => {
  it('is worked by hand: two segments, the second without an answer but its end', () => {
    const { inputs, tokens } = collateConversations({
      ...base,
      padToMultipleOf: 4,
      rows: [
        {
          pixels,
          segments: [
            { prompt: '10 11', answer: '12 13' },
            { prompt: '14', answer: '', weight: 0.5 },
          ],
        },
      ],
    });
    expect(inputs.inputIds.shape).toEqual([1, 8]);
    expect([...inputs.inputIds.data]).toEqual([10, 11, 12, 13, 1, 14, 1, 0]);
    expect([...inputs.segmentIds.data]).toEqual([1, 1, 1, 1, 1, 2, 2, 0]);
    expect([...inputs.positions.data]).toEqual([0, 1, 2, 3, 4, 0, 1, 0]);
    expect([...inputs.targets.data]).toEqual([11, 12, 13, 1, 0, 1, 0, 0]);
    expect([...inputs.targetMask.data]).toEqual([0, 1, 1, 1, 0, 0.5, 0, 0]);
    expect(tokens).toBe(7);
  });

  it('never lets a target cross segments, and supervises answers and ends alone', () => {
    const text = fc.array(fc.integer({ min: 2, max: 50 }), { maxLength: 6 }).map((ids) => ids.join(' '));
    const segment = fc.record({ prompt: text.filter((t) => t !== ''), answer: text });
    const row = fc.record({ pixels: fc.constant(pixels), segments: fc.array(segment, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        const { inputs, tokens } = collateConversations({ ...base, rows });
        const T = inputs.inputIds.shape[1] as number;
        expect(T % 32).toBe(0);
        const { inputIds, segmentIds, targets, targetMask } = inputs;
        let supervised = 0;
        targetMask.data.forEach((mask, i) => {
          supervised += mask;
          if (mask === 0) return;
          expect(segmentIds.data[i]).toBeGreaterThan(0);
          expect(segmentIds.data[i + 1]).toBe(segmentIds.data[i]);
          expect(targets.data[i]).toBe(inputIds.data[i + 1]);
          expect(i % T).toBeLessThan(T - 1);
        });
        const segments = rows.flatMap((each) => each.segments);
        expect(supervised).toBe(segments.reduce((sum, { answer }) => sum + tokenize(answer).length + 1, 0));
        expect(segmentIds.data.filter((id) => id > 0)).toHaveLength(tokens);
      }),
    );
  });

  const long = { prompt: '2 3 4', answer: '5 6' };
  it('names every row that is too long', () => {
    const rows = [
      { pixels, segments: [long] },
      { pixels, segments: [long, long] },
      { pixels, segments: [long, long, long] },
    ];
    expect(() => collateConversations({ ...base, rows, maxTokens: 10 })).toThrow(
      /at most 10 tokens a row, got row 1: 12, row 2: 18; raise/,
    );
  });

  it("leaves segments out and lists them under overflow 'drop'", () => {
    const rows = [
      { pixels, segments: [long, { prompt: '7', answer: '8 9 10 11' }, { prompt: '7', answer: '8' }] },
    ];
    const { inputs, dropped } = collateConversations({ ...base, rows, length: 10, overflow: 'drop' });
    expect(dropped).toEqual([{ row: 0, segment: 1, tokens: 6 }]);
    expect([...inputs.inputIds.data]).toEqual([2, 3, 4, 5, 6, 1, 7, 8, 1, 0]);
  });

  it('keeps one shape under `length` and pads with `padId`', () => {
    const { inputs } = collateConversations({
      ...base,
      rows: [{ pixels, segments: [long] }],
      length: 7,
      padId: 99,
    });
    expect([...inputs.inputIds.data]).toEqual([2, 3, 4, 5, 6, 1, 99]);
  });

  it('refuses a prompt without tokens and an empty batch', () => {
    expect(() =>
      collateConversations({ ...base, rows: [{ pixels, segments: [{ prompt: '', answer: '2' }] }] }),
    ).toThrow(/expected a prompt with tokens/);
    expect(() => collateConversations({ ...base, rows: [] })).toThrow(/at least one row/);
  });
});

describe('blocks', () => {
  const tokenize = (text: string) => text.split(' ').map((word) => word.length);
  const pixels = new Uint8Array(12);
  const segment = (count: number) => ({
    prompt: Array<string>(count - 2)
      .fill('aa')
      .join(' '),
    answer: 'b',
  });

  it('lays segments into the first block with room, and none across a border', () => {
    const { inputs, tokens, dropped } = collateConversations({
      rows: [{ pixels, segments: [segment(5), segment(4), segment(3), segment(4), segment(9)] }],
      tokenize,
      eosId: 9,
      length: 16,
      blockLength: 8,
      overflow: 'drop',
    });
    // 5 + 3 fill the first block, 4 + 4 the second; 9 tokens fit into no block.
    expect(Array.from(inputs.segmentIds.data)).toEqual([1, 1, 1, 1, 1, 3, 3, 3, 2, 2, 2, 2, 4, 4, 4, 4]);
    expect(Array.from(inputs.positions.data)).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3]);
    expect(tokens).toBe(16);
    expect(dropped).toEqual([{ row: 0, segment: 4, tokens: 9 }]);
  });

  it('refuses blocks that do not divide the row', () => {
    const rows = [{ pixels, segments: [segment(3)] }];
    expect(() => collateConversations({ rows, tokenize, eosId: 9, length: 16, blockLength: 6 })).toThrow(
      /divide 16/,
    );
  });
});
