import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJson, readTextIfThere, writeAtomic } from '@fgam/data';
import { z } from 'zod';
import { say } from '../output.js';
import type { Variant } from '../quickstart/variants.js';
import { rowsOf } from './paper-rows.js';
import type { PaperScale } from './paper-scale.js';
import type { ReproducePaperOptions } from './reproduce-paper.js';

/** What tells which rows a run makes. */
export type MadeRows = Pick<
  ReproducePaperOptions,
  'reward' | 'auditor' | 'seeds' | 'families' | 'tables' | 'critics' | 'rounds'
> & { readonly scale: Pick<PaperScale, 'name'> };

/** What tells whether a run makes all of a `reproduction.json` again. */
const kept = z.object({
  // All of it: a scale may have changed under its name.
  scale: z.looseObject({ name: z.string() }),
  reward: z.string(),
  auditor: z.string().optional(),
  runs: z.array(z.object({ family: z.string(), seed: z.number() })),
  rows: z.array(z.object({ variant: z.string(), critic: z.string(), rounds: z.number() })),
});

/** What tells whether a run of the quickstart's table makes all of one again. */
const keptOfSeeds = z.object({
  seeds: z.array(z.number()),
  summaries: z.array(z.object({ variant: z.string() })),
});

/**
 * Copies the `reproduction.json` of a folder, and its tables, to the first free `reproduction-1.json`,
 * `reproduction-2.json` and so on, where not all of it is made again.
 *
 * @returns the copy; undefined where nothing would be lost
 * @throws FgamError `data/bad-json`, `data/not-writable`
 */
export async function keepOtherReproduction(
  out: string,
  isMadeAgain: (saved: unknown) => boolean,
): Promise<string | undefined> {
  const file = join(out, 'reproduction.json');
  const text = await readTextIfThere(file);
  if (text === undefined || isMadeAgain(parseJson(text, file))) return undefined;
  let number = 1;
  while ((await readTextIfThere(join(out, `reproduction-${number}.json`))) !== undefined) number += 1;
  const copy = join(out, `reproduction-${number}.json`);
  await writeAtomic(copy, text);
  const tables = await readTextIfThere(join(out, 'reproduction.md'));
  if (tables !== undefined) await writeAtomic(join(out, `reproduction-${number}.md`), tables);
  say(`${out}: had a reproduction.json of other seeds, rows or settings, now kept as ${copy}`);
  return copy;
}

/**
 * Whether a run makes all of a `reproduction.json` again: it has no other seeds, families, rows, critics or rounds,
 * no other scale, reward or auditor, and no other form.
 */
export function areRowsMadeAgain(saved: unknown, run: MadeRows): boolean {
  const { success, data } = kept.safeParse(saved);
  if (!success || data.reward !== run.reward || data.auditor !== run.auditor) return false;
  if (!isDeepStrictEqual(data.scale, JSON.parse(JSON.stringify(run.scale)))) return false;
  const variants = new Set(rowsOf(run.tables).map(({ variant }) => variant.name));
  const families = new Set<string>(run.families);
  const critics = new Set<string>(run.critics);
  return (
    data.runs.every(({ family, seed }) => families.has(family) && run.seeds.includes(seed)) &&
    data.rows.every(
      ({ variant, critic, rounds }) => variants.has(variant) && critics.has(critic) && rounds <= run.rounds,
    )
  );
}

/** The same for the quickstart's table, seed by seed. */
export function areSeedsMadeAgain(
  saved: unknown,
  {
    seeds,
    variants,
  }: { readonly seeds: readonly number[]; readonly variants: readonly Pick<Variant, 'name'>[] },
): boolean {
  const { success, data } = keptOfSeeds.safeParse(saved);
  if (!success) return false;
  const names = new Set(variants.map(({ name }) => name));
  return (
    data.seeds.every((seed) => seeds.includes(seed)) &&
    data.summaries.every(({ variant }) => names.has(variant))
  );
}
