import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { mapAhead } from './map-ahead.js';

it('hands out in order what ends in another, and begins no more than its limit ahead', async () => {
  let under = 0;
  let most = 0;
  const found: number[] = [];
  const work = async (item: number): Promise<number> => {
    most = Math.max(most, ++under);
    await sleep(item % 2 === 0 ? 5 : 1);
    under--;
    return item * 10;
  };
  for await (const result of mapAhead([1, 2, 3, 4, 5, 6, 7], 3, work)) found.push(result);
  expect(found).toEqual([10, 20, 30, 40, 50, 60, 70]);
  expect(most).toBe(3);
});

it('throws an error in its turn, when all that was begun has ended', async () => {
  let ended = 0;
  const work = async (item: number): Promise<number> => {
    await sleep(item);
    ended++;
    if (item === 1) throw new Error('one');
    return item;
  };
  const found: number[] = [];
  const all = async () => {
    for await (const result of mapAhead([4, 1, 20], 3, work)) found.push(result);
  };
  await expect(all()).rejects.toThrow('one');
  expect(found).toEqual([4]);
  expect(ended).toBe(3);
});
