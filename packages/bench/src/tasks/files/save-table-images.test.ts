import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { saveTableImages } from './save-table-images.js';

const picture = (background: string, type: 'png' | 'jpeg') =>
  sharp({ create: { width: 4, height: 3, channels: 3, background } })
    .toFormat(type)
    .toBuffer();
const [red, blue] = await Promise.all([picture('#f00', 'png'), picture('#00f', 'jpeg')]);
const rows = [
  { id: '7', cell: red.toString('base64') },
  { id: '8', cell: '7' },
  { id: '9', cell: ' 8\n' },
  { id: '1000009', cell: blue.toString('base64') },
];
const place = () => mkdtemp(join(tmpdir(), 'fgam-table-'));

it('writes each image under its name, also where a row says whose it has', async () => {
  const folder = await place();
  const names = new Map([
    ['a', '7'],
    ['b', '9'],
    ['c', '1000009'],
  ]);
  await saveTableImages('test', rows, names, folder);
  expect((await readdir(folder)).sort()).toEqual(['a.png', 'b.png', 'c.jpeg']);
  for (const [name, bytes] of [
    ['a.png', red],
    ['b.png', red],
    ['c.jpeg', blue],
  ] as const)
    expect((await readFile(join(folder, name))).equals(bytes), name).toBe(true);
});

it('lists rows that have no picture: none at all, another text, an index of no row, indices in a circle', async () => {
  const bad = [
    ...[
      { id: '1', cell: '' },
      { id: '2', cell: 'aGk=' },
      { id: '3', cell: '77' },
    ],
    ...[
      { id: '4', cell: '5' },
      { id: '5', cell: '4' },
    ],
  ];
  const names = new Map(bad.map(({ id }) => [id, id]));
  const folder = await place();
  await expect(saveTableImages('test', [...rows, ...bad], names, folder)).rejects.toMatchObject({
    code: 'bench/bad-truth',
    message: expect.stringContaining('in 5 rows (1, 2, 3, 4, 5); give the images') as string,
  });
});
