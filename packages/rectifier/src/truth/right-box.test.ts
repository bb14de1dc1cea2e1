import { expect, it } from 'vitest';
import { saysBox } from './right-box.js';

it('takes a box for right from an overlap of one half', () => {
  // A location word stands for the middle of its bin, of 32.
  const [first, last] = [0.5 / 32, 16.5 / 32];
  const truth = { x0: first, y0: first, x1: last, y1: last };
  expect(saysBox('it is at <loc_0> <loc_0> <loc_16> <loc_16> .', truth)).toBe(true);
  // 8 of 16 bins wide, then 7.
  expect(saysBox('<loc_0> <loc_0> <loc_8> <loc_16>', truth)).toBe(true);
  expect(saysBox('<loc_0> <loc_0> <loc_7> <loc_16>', truth)).toBe(false);
  expect(saysBox('<loc_20> <loc_20> <loc_30> <loc_30>', truth)).toBe(false);
  expect(saysBox('at the top left', truth)).toBe(false);
});
