import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const IN_USE = { code: 'trainer/folder-in-use' };

/** Leaves the lock of a process, which need not be alive. */
async function leaveLock(process: number, begun?: string): Promise<void> {
  const holder = { host: hostname(), process, ...(begun === undefined ? {} : { begun }) };
  await writeFile(join(folder, 'run.lock'), JSON.stringify(holder));
}

async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid as number;
}

test('one writer at a time, and nothing left behind', async () => {
  const release = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject(IN_USE);
  await release();
  await (await lockFolder(folder))();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a process that was killed is taken over, by one of several', async () => {
  await leaveLock(await deadProcess());
  const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of taken) if (result.status === 'rejected') expect(result.reason).toMatchObject(IN_USE);
  expect(JSON.parse(await readFile(join(folder, 'run.lock'), 'utf8'))).toMatchObject({
    process: process.pid,
  });
  expect(await readdir(folder)).toEqual(['run.lock']);
});

test('a run leaves the lock of another alone when it ends', async () => {
  const release = await lockFolder(folder);
  await rm(join(folder, 'run.lock'));
  const another = await lockFolder(folder);
  await release();
  await expect(lockFolder(folder)).rejects.toMatchObject(IN_USE);
  await another();
  expect(await readdir(folder)).toEqual([]);
});

test('a number that the system gave to another process does not hold it', async () => {
  await leaveLock(process.pid, 'another time');
  await (await lockFolder(folder))();
});

test('a lock of another host, or one that can not be read, is left alone', async () => {
  await writeFile(join(folder, 'run.lock'), JSON.stringify({ host: 'elsewhere', process: 1, begun: '1' }));
  await expect(lockFolder(folder)).rejects.toThrow(/elsewhere.*remove the file/);
  await writeFile(join(folder, 'run.lock'), 'not JSON');
  await expect(lockFolder(folder)).rejects.toMatchObject(IN_USE);
});
