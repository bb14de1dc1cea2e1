import { expect, test } from 'vitest';
import { filterValues, findRows } from './find-rows.js';
import { sampleRow } from './sample-row.js';

const row = (id: string, ...labels: string[]) =>
  sampleRow({
    id,
    split: id === 'c' ? 'validation' : 'train',
    regions: labels.map((label) => ({ label, description: `A ${label} at the TOP`, source: 'coco' })),
  });
const rows = [row('a', 'cup', 'cup'), row('b', 'dog', 'cup'), row('c', 'dog')];

test('finds rows that hold all words, in any order and case', () => {
  const find = (search: string) => findRows(rows, { search, filters: new Map() });
  expect(find('')).toEqual([0, 1, 2]);
  expect(find('CUP')).toEqual([0, 1]);
  expect(find('  top   dog cup ')).toEqual([1]);
  expect(find('cat')).toEqual([]);
});

test('a filter holds for its own values alone, and joins the search', () => {
  const find = (filters: [string, string][], search = '', from = 0) =>
    findRows(rows, { search, filters: new Map(filters) }, from);
  expect(find([['label', 'dog']])).toEqual([1, 2]);
  expect(
    find([
      ['label', 'dog'],
      ['split', 'train'],
    ]),
  ).toEqual([1]);
  expect(find([['label', 'do']])).toEqual([]);
  expect(find([['none', 'dog']])).toEqual([]);
  expect(find([['label', 'dog']], 'cup')).toEqual([1]);
  expect(find([['label', 'dog']], '', 2)).toEqual([2]);
});

test('counts the rows of each value, the most frequent first, and leaves out what is no choice', () => {
  expect(filterValues(rows, ['split', 'label', 'source'])).toEqual([
    {
      name: 'split',
      total: 2,
      values: [
        { value: 'train', count: 2 },
        { value: 'validation', count: 1 },
      ],
    },
    {
      name: 'label',
      total: 2,
      values: [
        { value: 'cup', count: 2 },
        { value: 'dog', count: 2 },
      ],
    },
  ]);
  const many = Array.from({ length: 250 }, (_, index) => row(String(index), `label ${index}`));
  const [labels] = filterValues(many, ['label']);
  expect(labels?.total).toBe(250);
  expect(labels?.values).toHaveLength(200);
});
