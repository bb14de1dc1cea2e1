import { join } from 'node:path';
import type { Report } from '@fgam/bench';
import { writeAtomic } from '@fgam/data';
import { BASE_RECIPE, type BaseRecipe } from '../base/base-recipe.js';
import { trainBase } from '../base/train-base.js';
import { say } from '../output.js';
import { runQuickstart } from '../quickstart/run-quickstart.js';
import { FULL_SCALE, type QuickstartScale } from '../quickstart/scale.js';
import { HACL_VARIANT, VARIANTS } from '../quickstart/variants.js';
import { areSeedsMadeAgain, keepOtherReproduction } from './keep-other-reproduction.js';
import { countLoops, formatReproduction, type LoopCount, summarise, type Summary } from './summarise.js';

/** What {@link reproduce} takes. */
export interface ReproduceOptions {
  readonly out: string;
  readonly seeds: readonly number[];
  readonly signal: AbortSignal;
  /** Whether HACL is a row too: an alignment, an instruction tuning and a module more to train. Default false. */
  readonly hacl?: boolean;
  /** Default: as shipped. */
  readonly recipe?: BaseRecipe;
  readonly scale?: QuickstartScale;
}

/** What several seeds came to. */
export interface Reproduction {
  readonly summaries: readonly Summary[];
  readonly loops: readonly LoopCount[];
  /** The tables in Markdown. */
  readonly text: string;
}

/**
 * The whole experiment from random weights, once a seed: base checkpoint, variants, evaluation. Every piece
 * is kept, so that a run that was stopped goes on; the table is written anew after each seed. A
 * `reproduction.json` that has what this run does not make is kept under another name.
 *
 * @throws FgamError `fgam/interrupted` when the signal ends it
 */
export async function reproduce(options: ReproduceOptions): Promise<Reproduction> {
  const { out, seeds, signal, hacl = false, recipe = BASE_RECIPE, scale = FULL_SCALE } = options;
  const variants = hacl ? [...VARIANTS, HACL_VARIANT] : VARIANTS;
  const reports: Report[] = [];
  let result = reproductionOf(reports, []);
  for (const seed of seeds) {
    say(`seed ${seed}`);
    const folder = join(out, `seed-${seed}`);
    const scenes = { ...recipe.scenes, seed: recipe.scenes.seed + seed };
    const base = await trainBase({ ...recipe, seed, scenes }, { out: join(folder, 'base'), signal });
    const { report } = await runQuickstart({
      ...{ out: folder, variants, scale, seed, signal },
      base: base.model,
    });
    reports.push(report);
    const done = seeds.slice(0, reports.length);
    result = reproductionOf(reports, done);
    const { text, ...figures } = result;
    if (reports.length === 1)
      await keepOtherReproduction(out, (saved) => areSeedsMadeAgain(saved, { seeds, variants }));
    await writeAtomic(
      join(out, 'reproduction.json'),
      `${JSON.stringify({ seeds: done, ...figures }, null, 2)}\n`,
    );
    await writeAtomic(join(out, 'reproduction.md'), text);
  }
  return result;
}

function reproductionOf(reports: readonly Report[], seeds: readonly number[]): Reproduction {
  return {
    summaries: summarise(reports),
    loops: countLoops(reports),
    text: formatReproduction(reports, seeds),
  };
}
