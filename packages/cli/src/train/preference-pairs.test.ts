import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trajectory } from '@fgam/data';
import { formatTrajectories } from '@fgam/rectifier';
import { afterEach, expect, test, vi } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { readPreferencePairs } from './preference-pairs.js';

afterEach(() => void vi.restoreAllMocks());

const refused = { verdict: 'revise', issues: [], text: 'object : there is no cat' } as const;
/** A trajectory that was refused, then accepted as it ends. */
const ending = (id: string, final: string): Trajectory => ({
  ...{ id, image: 'a.png', question: 'is there a cat ?', final, stop: 'accepted' },
  attempts: [
    { response: 'yes', feedback: refused },
    { response: final, feedback: { verdict: 'accept' } },
  ],
});

async function read(...trajectories: readonly Trajectory[]) {
  const images = await temporary('pairs');
  const data = join(images, 'told.jsonl');
  await writeFile(data, formatTrajectories(trajectories));
  await writeFile(join(images, 'a.png'), '');
  return readPreferencePairs({ data, images }, (question) => question);
}

test('prefers no blank response, and says how many were left out', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const pairs = await read(ending('1', 'no'), ending('2', ''), ending('3', ' \n'));
  expect(pairs).toMatchObject([{ id: '1', chosen: 'no', rejected: 'yes' }]);
  expect(said.mock.calls.join()).toContain(
    '1 pairs of an accepted and a refused response; 2 of 3 trajectories give none: 2 accepted without an answer',
  );
});

test('refuses a file of which nothing but blank responses were accepted', async () => {
  await expect(read(ending('1', ' '))).rejects.toThrow(/got none \(1 accepted without an answer\)/);
});
