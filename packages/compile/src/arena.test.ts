import { expect, test } from 'vitest';
import { createArena } from './arena.js';

const MIB = 2 ** 20;

test('a freed place is taken again, the smallest that is large enough, and neighbours are joined', () => {
  const arena = createArena();
  const [a, b, c] = [arena.take(100 * 1024), arena.take(200 * 1024), arena.take(300 * 1024)];
  expect(arena.touched()).toBe(600 * 1024);
  arena.give(a);
  arena.give(c);
  // 90 KiB go into the first place, 250 KiB into the third.
  arena.take(90 * 1024);
  const d = arena.take(250 * 1024);
  expect(arena.touched()).toBe(600 * 1024);
  arena.give(d);
  arena.give(b);
  // Both and the rest of the first MiB are one place now: the region is written up to 100 + 600 KiB.
  arena.take(600 * 1024);
  expect(arena.touched()).toBe(700 * 1024);
});

test('what does not fit takes a region of its own, and the place before stays waste', () => {
  const arena = createArena();
  arena.give(arena.take(MIB));
  arena.take(3 * MIB);
  expect(arena.touched()).toBe(4 * MIB);
});

test('a place less than twice as large is taken whole', () => {
  const arena = createArena();
  arena.give(arena.take(MIB));
  arena.take(0.6 * MIB);
  // The 0.4 MiB behind it are not to be had.
  arena.take(0.3 * MIB);
  expect(arena.touched()).toBeCloseTo(1.3 * MIB, -1);
});
