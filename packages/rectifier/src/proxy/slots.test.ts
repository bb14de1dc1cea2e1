import { expect, it } from 'vitest';
import { createSlots } from './slots.js';

const stays = new AbortController().signal;

it('hands slots on in the order of coming, and sends away who can’t wait', async () => {
  const slots = createSlots(1, 2);
  const begun: string[] = [];
  const release = await slots.take(stays);
  const second = slots.take(stays).then((done) => (begun.push('second'), done));
  const third = slots.take(stays).then((done) => (begun.push('third'), done));
  await expect(slots.take(stays)).rejects.toMatchObject({ status: 429 });
  release();
  (await second)();
  (await third)();
  expect(begun).toEqual(['second', 'third']);
  expect([slots.active(), slots.waiting()]).toEqual([0, 0]);
});

it('drops who leaves while waiting', async () => {
  const slots = createSlots(1, 1);
  const release = await slots.take(stays);
  const leaving = new AbortController();
  const left = slots.take(leaving.signal);
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  expect(slots.waiting()).toBe(0);
  const next = slots.take(stays);
  release();
  (await next)();
  await expect(slots.take(leaving.signal)).rejects.toThrow('left');
  expect([slots.active(), slots.waiting()]).toEqual([0, 0]);
});
