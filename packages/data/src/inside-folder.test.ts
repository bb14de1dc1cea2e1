import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesInside } from './inside-folder.js';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'fgam-inside-'));
  await mkdir(join(parent, 'in', 'deep'), { recursive: true });
  await mkdir(join(parent, 'inner'));
  await writeFile(join(parent, 'in', 'deep', 'a.png'), '');
  await writeFile(join(parent, 'inner', 'b.png'), '');
  await symlink(join(parent, 'in', 'deep', 'a.png'), join(parent, 'in', 'stays.png'));
  await symlink(join(parent, 'inner'), join(parent, 'in', 'out'));
  await symlink(join(parent, 'in'), join(parent, 'link'));
});

describe('filesInside', () => {
  it('finds files in folders, over links that stay, and in a folder that is itself a link', async () => {
    const path = (name: string, folder = 'in') => join(parent, folder, name);
    expect(await filesInside(path(''))('deep/a.png')).toEqual({ path: path('deep/a.png'), exists: true });
    expect(await filesInside(path(''))('stays.png')).toEqual({ path: path('stays.png'), exists: true });
    expect(await filesInside(path('', 'link'))('deep/a.png')).toMatchObject({ exists: true });
    expect(await filesInside(path(''))('..a.png')).toEqual({ path: path('..a.png'), exists: false });
    expect(await filesInside(path('none'))('a.png')).toMatchObject({ exists: false });
    expect(await filesInside(path(''))('deep/a.png/b.png')).toMatchObject({ exists: false });
    expect(await filesInside(path(''))('deep')).toEqual({ path: path('deep'), exists: true });
  });

  it('sees the same in the folder that it runs in', async () => {
    const before = process.cwd();
    await writeFile(join(parent, 'in', 'png'), '');
    await symlink(join(parent, 'inner', 'b.png'), join(parent, 'in', 'a.png'));
    try {
      process.chdir(join(parent, 'in'));
      expect(await filesInside('.')('deep/a.png')).toMatchObject({ exists: true });
      expect(await filesInside('.')('zzpng')).toMatchObject({ exists: false });
      await expect(filesInside('.')('a.png')).rejects.toMatchObject({ code: 'data/path-escape' });
    } finally {
      process.chdir(before);
    }
  });

  it.each([
    '../inner/b.png',
    'deep/../../inner/b.png',
    '..',
    '.',
    '',
    '/etc/hosts',
    'C:/b.png',
    'deep\\..\\..\\b.png',
    'out/b.png',
  ])('refuses %j', async (name) => {
    await expect(filesInside(join(parent, 'in'))(name)).rejects.toMatchObject({ code: 'data/path-escape' });
  });
});
