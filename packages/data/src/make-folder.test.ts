import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeFolder } from './make-folder.js';

describe('makeFolder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fgam-folder-'));
  });

  test('makes those above it too, also by several at once, and leaves what is there', async () => {
    const deep = join(folder, 'a', 'b', 'c');
    await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(folder, 'a', 'd'))]);
    expect((await stat(deep)).isDirectory()).toBe(true);
    await makeFolder(deep);
    await makeFolder(`${deep}/`);
  });

  test('a file in its place, or on the way, is an error', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test.skipIf(process.platform !== 'linux')('a file system that takes no folders is an error', async () => {
    await expect(makeFolder('/proc/fgam')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(makeFolder('/proc/fgam/deep')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
