import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRatingStore, openRatingStore } from './rating-store.js';
import { sampleStudy } from './sample-study.test-support.js';

const study = sampleStudy({ items: 3 });
const given = { rater: 'anna', item: 'q1', system: 1, scale: 'overall', value: 4 } as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a file of ratings', () => {
  test('gives back what was put in, after it was closed too', () => {
    const path = join(folder, 'a.sqlite');
    const store = createRatingStore(path, study);
    store.answer({ ...given, value: 1 });
    store.answer(given);
    store.answer({ ...given, rater: 'ben', value: 2 });
    const tokens = [...store.tokens];
    store.close();
    const again = openRatingStore(path);
    expect(again.study).toEqual(study);
    expect([...again.tokens]).toEqual(tokens);
    expect(new Set(again.tokens.values()).size).toBe(study.raters.length);
    expect(again.answers({ rater: 'anna' })).toEqual([given]);
    expect(again.answers()).toHaveLength(2);
    again.close();
  });

  test('serves two processes at once', () => {
    const path = join(folder, 'two.sqlite');
    const first = createRatingStore(path, study);
    const second = openRatingStore(path);
    first.answer(given);
    second.answer({ ...given, item: 'q2' });
    expect(first.answers()).toEqual(second.answers());
    expect(first.answers()).toHaveLength(2);
    first.close();
    second.close();
  });

  test('keeps corrections in the order of the items', () => {
    const store = createRatingStore(join(folder, 'c.sqlite'), study);
    const issues = [{ kind: 'object', claim: 'a cat', correction: 'a dog' }] as const;
    store.correct({ rater: 'ben', item: 'q2', correction: { verdict: 'accept' } });
    store.correct({
      rater: 'ben',
      item: 'q0',
      correction: { verdict: 'revise', issues: [...issues], corrected: 'a dog' },
    });
    expect(store.corrections().map(({ item }) => item)).toEqual(['q0', 'q2']);
    expect(store.corrections({ rater: 'anna' })).toEqual([]);
    store.close();
  });

  test('is whole after its process was killed within a write', async () => {
    const path = join(folder, 'killed.sqlite');
    const store = createRatingStore(path, study);
    store.answer(given);
    store.close();
    const script = `
      const { Database } = require('node-sqlite3-wasm');
      const database = new Database(${JSON.stringify(path)});
      database.exec('PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN IMMEDIATE');
      for (let i = 0; i < 2000; i += 1)
        database.run("INSERT INTO answers VALUES ('ben', ?, 0, 'overall', 1, '')", [String(i)]);
      process.kill(process.pid, 'SIGKILL');`;
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL');
    expect(existsSync(`${path}.lock`)).toBe(true);
    const before = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, before, before);
    const again = openRatingStore(path);
    expect(again.answers()).toEqual([given]);
    again.close();
  });

  test('goes on where another process was killed while it looked', async () => {
    const path = join(folder, 'looked.sqlite');
    const store = createRatingStore(path, study);
    await mkdir(`${path}.lock`);
    const before = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, before, before);
    store.answer(given);
    expect(store.answers()).toEqual([given]);
    expect(existsSync(`${path}.lock`)).toBe(false);
    store.close();
  });

  test('refuses what is no such file', async () => {
    const path = join(folder, 'text.sqlite');
    await writeFile(path, 'no database '.repeat(100));
    expect(() => openRatingStore(path)).toThrow(/text\.sqlite: expected an SQLite file/);
    expect(() => openRatingStore(join(folder, 'none.sqlite'))).toThrow(/got none/);
    expect(() => createRatingStore(path, study)).toThrow(/nothing is yet/);
    await mkdir(join(folder, 'folder.sqlite'));
    expect(() => openRatingStore(join(folder, 'folder.sqlite'))).toThrow(/expected an SQLite file/);
    await writeFile(join(folder, 'empty.sqlite'), '');
    expect(() => openRatingStore(join(folder, 'empty.sqlite'))).toThrow(/of version 1, got another/);
  });
});
