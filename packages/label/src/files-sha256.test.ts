import { createHash } from 'node:crypto';
import { mkdtemp, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesSha256 } from './files-sha256.js';

describe('filesSha256', () => {
  it('is the SHA-256 of all bytes, and another one once a file changes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-sha-'));
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    await writeFile(a, 'ab');
    await writeFile(b, 'c');
    const abc = createHash('sha256').update('abc').digest('hex');
    expect(await filesSha256([a, b])).toBe(abc);
    expect(await filesSha256([a, b])).toBe(abc);
    await writeFile(b, 'd');
    await utimes(b, 1, 1);
    expect(await filesSha256([a, b])).toBe(createHash('sha256').update('abd').digest('hex'));
    await expect(filesSha256([join(folder, 'none')])).rejects.toThrow('ENOENT');
  });
});
