import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFiles } from '../choice.test-support.js';
import { readTable } from './read-table.js';

it('keeps an empty answer, and has none where the table has no such column', async () => {
  const folder = await writeFiles({
    'with.tsv': 'index\thint\tprediction\n1\t\t\n2\tlook\tA\n',
    'without.tsv': 'index\thint\tanswer\n1\t\tA\n',
  });
  expect(await readTable(join(folder, 'with.tsv'))).toEqual([
    { index: '1', prediction: '' },
    { index: '2', hint: 'look', prediction: 'A' },
  ]);
  expect(await readTable(join(folder, 'without.tsv'))).toEqual([{ index: '1', answer: 'A' }]);
});
