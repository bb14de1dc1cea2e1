import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PictureRows } from './picture-rows.js';

it('gives back what was appended, picture by picture', () => {
  const row = fc.tuple(
    fc.oneof(fc.nat(), fc.double({ noNaN: true }), fc.integer()),
    fc.string().map((text) => text.replaceAll('\0', '')),
  );
  const part = fc.tuple(fc.nat(3), fc.array(row, { maxLength: 4 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const rows = new PictureRows(4);
      const expected = [0, 1, 2, 3].map(() => ({ numbers: [] as number[], texts: [] as string[] }));
      for (const [picture, added] of parts) {
        const numbers = added.map(([number]) => number);
        const texts = added.map(([, text]) => text);
        rows.append(picture, { numbers, texts });
        expected[picture]?.numbers.push(...numbers);
        expected[picture]?.texts.push(...texts);
      }
      for (const [picture, of] of expected.entries()) expect(rows.of(picture)).toEqual(of);
    }),
  );
});

it('needs no texts', () => {
  const rows = new PictureRows(1);
  rows.append(0, { numbers: [7, 8], texts: [] });
  rows.append(0, { numbers: [9], texts: [] });
  expect(rows.of(0)).toEqual({ numbers: [7, 8, 9], texts: [] });
});
