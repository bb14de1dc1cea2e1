import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countSkips, SkipList, writeSkips } from './skips.js';

describe('skips', () => {
  it('counts, writes one line a skip, and stops beyond the limit', async () => {
    const list = new SkipList('readX', 2);
    list.add('f.json', 1, 'bad-box', 'no area');
    list.add('f.json', 'b', 'bad-box', 'outside');
    expect(() => list.add('f.json', 3, 'bad-record', 'id: expected number')).toThrow(
      /readX: expected at most 2 bad records, got more; the last: f\.json, id 3: id: expected number\. So far: 2 bad-box, 1 bad-record/,
    );
    expect(countSkips(list.skips)).toEqual({ 'bad-box': 2, 'bad-record': 1 });
    const folder = await mkdtemp(join(tmpdir(), 'fgam-skips-'));
    await writeSkips(join(folder, 'new', 'skipped.jsonl'), list.skips.slice(0, 1));
    expect(await readFile(join(folder, 'new', 'skipped.jsonl'), 'utf8')).toBe(
      '{"file":"f.json","id":"1","reason":"bad-box","detail":"no area"}\n',
    );
    await writeFile(join(folder, 'file'), '');
    await expect(writeSkips(join(folder, 'file', 'skipped.jsonl'), [])).rejects.toMatchObject({
      code: 'data/not-writable',
    });
  });
});
