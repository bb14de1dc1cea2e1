import { expect, it } from 'vitest';
import { namesBelow } from './names-below.js';

const entry = (name: string, kind: 'file' | 'folder' | 'link' | 'socket' = 'file') => ({
  name,
  isFile: () => kind === 'file',
  isDirectory: () => kind === 'folder',
  isSymbolicLink: () => kind === 'link',
});

it('lists files and links by their path, without dotted names and what is neither', async () => {
  const folders: Record<string, ReturnType<typeof entry>[]> = {
    '': [entry('b.png'), entry('a', 'folder'), entry('.git', 'folder'), entry('s', 'socket')],
    'a/': [entry('link.png', 'link'), entry('.a.png'), entry('c', 'folder')],
    'a/c/': [entry('d.png')],
  };
  const names = await namesBelow((below) => Promise.resolve(folders[below] ?? []));
  expect(names).toEqual(['b.png', 'a/link.png', 'a/c/d.png']);
});

it('lists more files of one folder than a call takes arguments', async () => {
  const many = Array.from({ length: 300_000 }, (_, i) => entry(`${i}.png`));
  const names = await namesBelow((below) => Promise.resolve(below === '' ? [entry('a', 'folder')] : many));
  expect(names).toHaveLength(300_000);
  expect(names.at(-1)).toBe('a/299999.png');
});
