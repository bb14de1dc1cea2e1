import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { listFaults } from '@fgam/data';
import sqlite from 'node-sqlite3-wasm';
import { z } from 'zod';
import { benchError } from '../error.js';
import { releaseStaleLock } from './release-stale-lock.js';
import { SCALES, type ScaleKey } from './scales.js';
import type { Study } from './study.js';

/** One value that a rater gave to one system's response to an item. */
export interface RatingAnswer {
  readonly rater: string;
  readonly item: string;
  /** Index in the study's systems. */
  readonly system: number;
  readonly scale: ScaleKey;
  readonly value: number;
}

/** What an author says of a response: that it is right, or what is wrong with it and what should stand there. */
export type Correction = z.infer<typeof correctionSchema>;

/** A correction with who made it and of what. */
export interface StoredCorrection {
  readonly rater: string;
  readonly item: string;
  readonly correction: Correction;
}

/** Which rows are asked for. */
export interface RowsOf {
  readonly rater?: string;
  readonly item?: string;
}

/** A study and what was answered, in one SQLite file; a damaged row is an FgamError `bench/bad-store`. */
export interface RatingStore {
  readonly study: Study;
  /** The secret by which each rater is known. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Adds a value, or takes the place of the one before. */
  answer(answer: RatingAnswer): void;
  /** All values, or those by one rater, or of one item. */
  answers(of?: RowsOf): RatingAnswer[];
  correct(correction: StoredCorrection): void;
  /** The same of corrections, in the order of the study's items. */
  corrections(of?: RowsOf): StoredCorrection[];
  close(): void;
}

const text = z.string().trim();
export const correctionSchema = z.discriminatedUnion('verdict', [
  z.strictObject({ verdict: z.literal('accept') }),
  z.strictObject({
    verdict: z.literal('revise'),
    issues: z
      .array(
        z
          .strictObject({
            kind: z.enum(['object', 'attribute', 'relation', 'count', 'reasoning']),
            // Empty where something was left out.
            claim: text,
            correction: text.min(1).exactOptional(),
          })
          .refine(({ claim, correction }) => claim !== '' || correction !== undefined),
      )
      .min(1),
    corrected: text.min(1),
  }),
]);

const studySchema = z.strictObject({
  mode: z.enum(['rate', 'author']),
  systems: z.array(z.string()),
  raters: z.array(z.string()),
  items: z.array(
    z.strictObject({
      id: z.string(),
      image: z.string(),
      question: z.string(),
      responses: z.array(z.string()),
    }),
  ),
  seed: z.number(),
});

/** What a column has as JSON. */
const json = z.string().transform((content, context): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    context.addIssue({ code: 'custom', message: 'text that is no JSON' });
    return z.NEVER;
  }
});
const studyRow = z.object({ content: json.pipe(studySchema) });
const tokenRow = z.object({ rater: z.string(), token: z.string() });
const answerRow = z.object({
  rater: z.string(),
  item: z.string(),
  system: z.number(),
  scale: z.enum(SCALES.map(({ key }) => key)),
  value: z.number(),
});
const correctionRow = z.object({ rater: z.string(), item: z.string(), content: json.pipe(correctionSchema) });

/** `FGHE`, by which SQLite's files of this kind are known. */
const APPLICATION_ID = 0x46474845;
const VERSION = 1;
const SCHEMA = `
  CREATE TABLE study (id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL);
  CREATE TABLE raters (rater TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE);
  CREATE TABLE answers (
    rater TEXT NOT NULL REFERENCES raters, item TEXT NOT NULL, system INTEGER NOT NULL, scale TEXT NOT NULL,
    value INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (rater, item, system, scale)
  );
  CREATE TABLE corrections (
    rater TEXT NOT NULL REFERENCES raters, item TEXT NOT NULL, content TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (rater, item)
  );
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};`;

/**
 * Makes a file for a study, with a token for each rater.
 *
 * @throws FgamError `bench/bad-store` where there is a file already, or none can be made
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createRatingStore, createStudy } from '@fgam/bench/human-eval';
 *
 * const study = createStudy({
 *   mode: 'rate',
 *   questions: [{ id: 'q', image: 'a.png', question: 'what is red ?' }],
 *   responses: new Map([
 *     ['base', [{ id: 'q', answer: 'the circle' }]],
 *     ['rectified', [{ id: 'q', answer: 'the square' }]],
 *   ]),
 *   raters: ['anna', 'ben'],
 *   seed: 1,
 * });
 * const store = createRatingStore(join(await mkdtemp(join(tmpdir(), 'study-')), 'study.sqlite'), study);
 * for (const value of [3, 4]) store.answer({ rater: 'anna', item: 'q', system: 0, scale: 'overall', value });
 * const [answer, more] = store.answers();
 * store.close();
 * // A value takes the place of the one before.
 * if (answer?.value !== 4 || more !== undefined) throw new Error(`${answer?.value}`);
 * ```
 */
export function createRatingStore(path: string, study: Study): RatingStore {
  if (existsSync(path)) throw badStore(path, 'a place where nothing is yet', 'a file; choose another name');
  releaseStaleLock(path);
  return withDatabase(path, (database) => {
    database.exec('BEGIN');
    database.exec(SCHEMA);
    database.run('INSERT INTO study VALUES (1, ?)', JSON.stringify(study));
    for (const rater of study.raters)
      database.run('INSERT INTO raters VALUES (?, ?)', [rater, randomBytes(16).toString('base64url')]);
    database.exec('COMMIT');
    return storeOf(path, database);
  });
}

/**
 * Opens a study's file; several processes may do so at once.
 *
 * @throws FgamError `bench/bad-store` where the file is missing, damaged, of another kind or of a later version
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { createRatingStore, createStudy, openRatingStore } from '@fgam/bench/human-eval';
 *
 * const study = createStudy({
 *   mode: 'rate',
 *   questions: [{ id: 'q', image: 'a.png', question: 'what is red ?' }],
 *   responses: new Map([
 *     ['base', [{ id: 'q', answer: 'the circle' }]],
 *     ['rectified', [{ id: 'q', answer: 'the square' }]],
 *   ]),
 *   raters: ['anna', 'ben'],
 *   seed: 1,
 * });
 * const path = join(await mkdtemp(join(tmpdir(), 'study-')), 'study.sqlite');
 * const made = createRatingStore(path, study);
 * made.answer({ rater: 'ben', item: 'q', system: 1, scale: 'overall', value: 5 });
 * made.close();
 * const store = openRatingStore(path);
 * if (store.answers({ rater: 'ben' })[0]?.value !== 5) throw new Error('not kept');
 * if (store.tokens.get('ben') !== made.tokens.get('ben')) throw new Error('another link');
 * store.close();
 * ```
 */
export function openRatingStore(path: string): RatingStore {
  if (!existsSync(path)) throw badStore(path, "a study's file", 'none; fgam human-eval serve makes one');
  releaseStaleLock(path);
  return withDatabase(path, (database) => {
    const { application_id: kind } = database.get('PRAGMA application_id') ?? {};
    const { user_version: version } = database.get('PRAGMA user_version') ?? {};
    if (kind !== APPLICATION_ID || version !== VERSION)
      throw badStore(path, `a study's file of version ${VERSION}`, 'another; check the path');
    return storeOf(path, database);
  });
}

function withDatabase(path: string, use: (database: sqlite.Database) => RatingStore): RatingStore {
  let database: sqlite.Database | undefined;
  try {
    database = new sqlite.Database(path);
    // Another process may be writing: an answer takes some milliseconds.
    database.exec('PRAGMA busy_timeout = 2000');
    return use(database);
  } catch (error) {
    database?.close();
    if (!(error instanceof sqlite.SQLite3Error)) throw error;
    throw badStore(path, 'an SQLite file to read and write', `${error.message}; check the path`, error);
  }
}

/** Runs a statement; once more where another process was killed within one of its own. */
function patiently<Result>(path: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof sqlite.SQLite3Error && error.message.includes('locked'))) throw error;
    releaseStaleLock(path);
    return run();
  }
}

function storeOf(path: string, database: sqlite.Database): RatingStore {
  const [row] = database.all('SELECT content FROM study');
  if (row === undefined) throw damagedRow(path, 'study', 'none');
  const { content: study } = readRow(path, 'study', studyRow, row);
  const rows = database.all('SELECT rater, token FROM raters');
  const tokens = new Map(
    rows.map((each) => readRow(path, 'raters', tokenRow, each)).map(({ rater, token }) => [rater, token]),
  );
  const rank = new Map(study.items.map(({ id }, index) => [id, index]));
  const select = (table: 'answers' | 'corrections', { rater, item }: RowsOf = {}) => {
    // Only what is asked for is compared, so that SQLite finds it by the primary key.
    const conditions = [
      ...(rater === undefined ? [] : [['rater = ?', rater] as const]),
      ...(item === undefined ? [] : [['item = ?', item] as const]),
    ];
    const where = ['TRUE', ...conditions.map(([condition]) => condition)].join(' AND ');
    const values = conditions.map(([, value]) => value);
    return patiently(path, () => database.all(`SELECT * FROM ${table} WHERE ${where}`, values));
  };
  const put = (sql: string, values: (string | number)[]): void => {
    patiently(path, () => database.run(sql, values));
  };
  const now = (): string => new Date().toISOString();
  return {
    study,
    tokens: new Map(
      study.raters.map((rater) => {
        const token = tokens.get(rater);
        if (token === undefined) throw damagedRow(path, `raters, ${rater}`, 'none');
        return [rater, token];
      }),
    ),
    answer: ({ rater, item, system, scale, value }) => {
      const values = [rater, item, system, scale, value, now()];
      put('INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)', values);
    },
    answers: (of) => select('answers', of).map((each) => readRow(path, 'answers', answerRow, each)),
    correct: ({ rater, item, correction }) => {
      const values = [rater, item, JSON.stringify(correction), now()];
      put('INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?)', values);
    },
    corrections: (of) =>
      select('corrections', of)
        .map((each) => readRow(path, 'corrections', correctionRow, each))
        .map(({ content, ...rest }) => ({ ...rest, correction: content }))
        .sort((a, b) => (rank.get(a.item) ?? 0) - (rank.get(b.item) ?? 0) || (a.rater < b.rater ? -1 : 1)),
    close: () => database.close(),
  };
}

/** A row of a table, which is named by its rater and item where it has them. */
function readRow<Schema extends z.ZodType>(
  path: string,
  table: string,
  schema: Schema,
  row: Readonly<Record<string, unknown>>,
): z.infer<Schema> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const names = [row['rater'], row['item']].filter((name) => typeof name === 'string');
  throw damagedRow(path, [table, ...names].join(', '), listFaults(parsed.error)[0] ?? 'another');
}

function damagedRow(path: string, place: string, got: string): Error {
  const whatToDo = 'put a copy of the file from before in its place, or mend the row with sqlite3';
  return badStore(`${path}: ${place}`, 'a row as fgam human-eval writes it', `${got}; ${whatToDo}`);
}

function badStore(path: string, expected: string, got: string, cause?: unknown): Error {
  return benchError('bench/bad-store', `${path}: expected ${expected}, got ${got}`, { cause });
}
