import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readJson } from '@fgam/data';
import { z } from 'zod';
import { benchError } from '../../error.js';
import type { PredictedRow } from '../align-rows.js';
import { idText } from '../files/id-text.js';
import { expectRoles } from '../files/expect-roles.js';
import { listFiles } from '../files/list-files.js';
import { readRows } from '../files/read-rows.js';

/** AMBER's dimensions: descriptions, and three of yes/no questions. */
export type AmberDimension = 'generative' | 'existence' | 'attribute' | 'relation';

/** A question of AMBER. */
export type AmberItem = { readonly id: string; readonly type: string } & (
  | { readonly dimension: 'generative'; readonly truth: readonly string[]; readonly false: readonly string[] }
  | { readonly dimension: Exclude<AmberDimension, 'generative'>; readonly truth: 'yes' | 'no' }
);

/** The files that tell which words mean what. */
export interface AmberTruth {
  readonly items: readonly AmberItem[];
  /** Words that stand for an object, by its name. */
  readonly association: ReadonlyMap<string, readonly string[]>;
  /** Words that are never held against a description. */
  readonly safe: ReadonlySet<string>;
  readonly queries: ReadonlyMap<string, { readonly image: string; readonly query: string }>;
}

const annotation = z.union([
  z.object({
    id: idText,
    type: z.literal('generative'),
    truth: z.array(z.string()),
    hallu: z.array(z.string()),
  }),
  z.object({ id: idText, type: z.string(), truth: z.enum(['yes', 'no']) }),
]);
const association = z.record(z.string(), z.array(z.string()));
const query = z.object({ id: idText, image: z.string(), query: z.string() });
const responseRow = z.union([
  z.object({ id: idText, response: z.string() }).transform((row) => ({ id: row.id, answer: row.response })),
  z
    .object({ question_id: idText, text: z.string() })
    .transform((row) => ({ id: row.question_id, answer: row.text })),
]);

/**
 * AMBER's `annotations.json`, `relation.json`, `safe_words.txt` and, for the questions, `query_all.json`.
 *
 * @throws FgamError `bench/bad-truth` for another format, or without annotations
 */
export async function readAmberTruth(paths: readonly string[]): Promise<AmberTruth> {
  const files = await listFiles(
    paths,
    /^(?:annotations\.json|relation\.json|safe_words\.txt|query_.*\.json)$/i,
    'annotations.json, relation.json and safe_words.txt',
    'bench/bad-truth',
  );
  const named = (start: string) => files.filter((file) => basename(file).toLowerCase().startsWith(start));
  expectRoles('amber', files, ['annotations', 'relation', 'safe_words', 'query']);
  const rows = await Promise.all(
    named('annotations').map((file) => readRows(file, annotation, 'bench/bad-truth')),
  );
  if (rows.length === 0)
    throw benchError(
      'bench/bad-truth',
      `amber: expected annotations.json, got ${files.join(', ')}; name it too`,
    );
  const related = await Promise.all(
    named('relation').map(async (file) => {
      const parsed = association.safeParse(await readJson(file));
      if (parsed.success) return Object.entries(parsed.data);
      throw benchError(
        'bench/bad-truth',
        `${file}: expected words by object, got another form; check the file`,
      );
    }),
  );
  const isDescribed = rows.some((items) => items.some(({ value }) => 'hallu' in value));
  if (isDescribed && named('relation').length === 0)
    throw benchError(
      'bench/bad-truth',
      `amber: expected relation.json with annotations of descriptions, got ${files.join(', ')}: words that are not known would count as right; name it too`,
    );
  const words = await Promise.all(named('safe_words').map((file) => readFile(file, 'utf8')));
  const queries = await Promise.all(named('query').map((file) => readRows(file, query, 'bench/bad-truth')));
  return {
    items: rows.flat().map(({ value }): AmberItem => {
      if ('hallu' in value)
        return {
          ...{ id: value.id, type: value.type, dimension: 'generative' },
          truth: value.truth,
          false: value.hallu,
        };
      return { id: value.id, type: value.type, dimension: dimensionOf(value.type), truth: value.truth };
    }),
    association: new Map(related.flat()),
    safe: new Set(words.flatMap((text) => text.split('\n')).filter((word) => word !== '')),
    queries: new Map(
      queries.flat().map(({ value: { id, image, query: text } }) => [id, { image, query: text }]),
    ),
  };
}

function dimensionOf(type: string): Exclude<AmberDimension, 'generative'> {
  if (type === 'discriminative-hallucination') return 'existence';
  return type.startsWith('discriminative-attribute') ? 'attribute' : 'relation';
}

/**
 * Answers to AMBER: `[{id, response}]` as its script reads them, or `{question_id, text}`.
 *
 * @throws FgamError `bench/bad-predictions` for another format
 */
export async function readAmberResponses(paths: readonly string[]): Promise<readonly PredictedRow<string>[]> {
  const files = await listFiles(paths, /\.jsonl?$/i, '*.json', 'bench/bad-predictions');
  const parts = files.map((file) => readRows(file, responseRow, 'bench/bad-predictions'));
  return (await Promise.all(parts)).flat().map(({ value }) => value);
}
