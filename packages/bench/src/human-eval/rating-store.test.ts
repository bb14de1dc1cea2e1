import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
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

  describe('names the row that is damaged', () => {
    const damaged = (name: string, sql: string) => {
      const path = join(folder, `${name}.sqlite`);
      const store = createRatingStore(path, study);
      store.answer(given);
      store.correct({ rater: 'ben', item: 'q2', correction: { verdict: 'accept' } });
      store.close();
      const database = new sqlite.Database(path);
      database.exec(sql);
      database.close();
      return path;
    };

    test.each([
      ['study text', "UPDATE study SET content = '{'", /: study: expected .*, got .*text that is no JSON/],
      ['study form', `UPDATE study SET content = '{"mode":"rate"}'`, /: study: expected .*, got .*systems/],
      ['study none', 'DELETE FROM study', /: study: expected .*, got none/],
      [
        'rater',
        "PRAGMA foreign_keys = OFF; DELETE FROM raters WHERE rater = 'ben'",
        /: raters, ben: expected .*, got none/,
      ],
      ['raters form', "UPDATE raters SET token = x'00' WHERE rater = 'ben'", /: raters, ben: .*token/],
    ])('when it is opened: %s', (name, sql, message) => {
      const path = damaged(name, sql);
      const open = () => openRatingStore(path);
      expect(open).toThrow(expect.objectContaining({ code: 'bench/bad-store' }));
      expect(open).toThrow(message);
      expect(open).toThrow(path);
      expect(open).toThrow(/copy/);
    });

    test.each([
      ['scale', "UPDATE answers SET scale = 'beauty'", /: answers, anna, q1: expected .*, got .*scale/],
      ['value', "UPDATE answers SET value = 'much'", /: answers, anna, q1: expected .*, got .*value/],
    ])('of answers: %s', (name, sql, message) => {
      const path = damaged(name, sql);
      const store = openRatingStore(path);
      expect(() => store.answers()).toThrow(expect.objectContaining({ code: 'bench/bad-store' }));
      expect(() => store.answers()).toThrow(message);
      expect(store.corrections()).toHaveLength(1);
      store.close();
    });

    test.each([
      ['text', "UPDATE corrections SET content = 'no JSON'", /: corrections, ben, q2: .*no JSON/],
      ['form', `UPDATE corrections SET content = '{"verdict":"so"}'`, /: corrections, ben, q2: .*verdict/],
    ])('of corrections: %s', (name, sql, message) => {
      const store = openRatingStore(damaged(`correction ${name}`, sql));
      expect(() => store.corrections()).toThrow(expect.objectContaining({ code: 'bench/bad-store' }));
      expect(() => store.corrections()).toThrow(message);
      expect(store.answers()).toEqual([given]);
      store.close();
    });
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
