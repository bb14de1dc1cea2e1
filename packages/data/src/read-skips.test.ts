import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSkips } from './read-skips.js';
import { type Skip, writeSkips } from './skips.js';

it('reads what writeSkips has written, and refuses other lines', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'fgam-skips-')), 'skipped.jsonl');
  const skips: Skip[] = [
    { file: 'a.json', id: '7', reason: 'bad-box', detail: 'no area' },
    { file: 'b.json', id: '?', reason: 'duplicate-url', detail: 'seen' },
  ];
  await writeSkips(path, skips);
  expect(await readSkips(path)).toEqual(skips);
  await writeSkips(path, []);
  expect(await readSkips(path)).toEqual([]);
  await writeFile(path, `${JSON.stringify({ ...skips[0], reason: 'mood' })}\n`);
  await expect(readSkips(path)).rejects.toMatchObject({ code: 'data/bad-record' });
});
