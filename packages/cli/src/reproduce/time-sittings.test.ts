import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { timeSittings } from './time-sittings.js';

/** A clock of a work that takes so many seconds. */
const clockOf = (seconds: number) => {
  const times = [5000, 5000 + 1000 * seconds];
  return () => times.shift() ?? Number.NaN;
};

test('sums the seconds of all sittings, of those that were interrupted too', async () => {
  const file = join(await temporary('sittings'), 'seed-1', 'seconds.json');
  const stopped = timeSittings(file, () => Promise.reject(new Error('stopped')), clockOf(40));
  await expect(stopped).rejects.toThrow('stopped');
  const work = () => Promise.resolve('done');
  expect(await timeSittings(file, work, clockOf(7))).toEqual({ result: 'done', sitting: 7, seconds: 47 });
  expect(await timeSittings(file, work, clockOf(0.2))).toEqual({ result: 'done', sitting: 0, seconds: 47 });
});

test('refuses a file of another form before the work', async () => {
  const file = join(await temporary('sittings'), 'seconds.json');
  await writeFile(file, '{"seconds": -1}');
  const work = () => Promise.reject(new Error('was run'));
  await expect(timeSittings(file, work)).rejects.toThrow('got {"seconds": -1}; repair or delete it');
});
