import { expect, test } from 'vitest';
import { createBatchOrder, FIRST } from './cursor.js';

test('refuses a number of items that no batch can be drawn from', () => {
  for (const count of [0, -1, Number.NaN])
    expect(() => createBatchOrder(count, 'seed')).toThrow(`createBatchOrder: expected items, got ${count}`);
});

test('each epoch has every item once, in an order of its own', () => {
  const order = createBatchOrder(20, 'seed');
  const first = order.draw(FIRST, 20);
  const second = order.draw(first.next, 20);
  for (const { indices } of [first, second])
    expect(indices.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(second.indices).not.toEqual(first.indices);
  expect(order.draw(FIRST, 20)).toEqual(first);
});
