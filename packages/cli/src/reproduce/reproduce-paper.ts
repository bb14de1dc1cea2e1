import { join } from 'node:path';
import { FgamError, readTextIfThere, sceneWords } from '@fgam/data';
import { loadModel } from '@fgam/models';
import { trainBase } from '../base/train-base.js';
import { say } from '../output.js';
import { formatSeconds } from '../progress.js';
import type { CriticKind } from '../quickstart/critics.js';
import { saveCalibrations } from '../quickstart/save-calibrations.js';
import { prepareScenes } from '../quickstart/scenes.js';
import { trainVariants, type TrainedVariant } from '../quickstart/train-variants.js';
import { type Family, refuseOtherFamily, SHIPPED_BASES } from '../recipes/families.js';
import { BASE_MODEL } from '../train/model-names.js';
import { modelFolder } from '../train/open-model.js';
import { unknownWarning, unknownWords } from '../train/unknown-words.js';
import { weightsSha256 } from '../weights-sha256.js';
import type { SeedLoop } from './collect-results.js';
import { evaluateRow } from './evaluate-row.js';
import { areRowsMadeAgain, keepOtherReproduction } from './keep-other-reproduction.js';
import {
  type PaperAlarm,
  type PaperAudit,
  type PaperReproduction,
  paperReproduction,
  type SeedRun,
  writeReproduction,
} from './paper-reproduction.js';
import { type PaperRow, type PaperTable, rowsOf, variantsToTrain } from './paper-rows.js';
import type { PaperScale } from './paper-scale.js';
import { type Auditor, reinforce, type Reinforced, type Reward } from './reinforce.js';
import type { Metrics } from './round-metrics.js';
import { timeSittings } from './time-sittings.js';

/** What {@link reproducePaper} takes. */
export interface ReproducePaperOptions {
  readonly out: string;
  readonly seeds: readonly number[];
  readonly families: readonly Family[];
  readonly tables: readonly PaperTable[];
  readonly critics: readonly CriticKind[];
  /** K. */
  readonly rounds: number;
  readonly scale: PaperScale;
  /** Of PPO. */
  readonly reward: Reward;
  /** A second critic, which watches the reward. Default: none. */
  readonly auditor?: Auditor | undefined;
  /**
   * Folder of the base checkpoint, or one that has a folder for each family; `compact-base` for the shipped
   * one of each. Default: trained from random weights, one a family and seed.
   */
  readonly base?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Trains and evaluates the rows of the paper's tables, for each seed and family. Every piece is kept, so that
 * a run that was stopped goes on; the tables are written anew after each seed of a family. What rows share
 * (scenes, base, alignment, drafts, modules) is made once. A `reproduction.json` that has what this run does not
 * make is kept under another name.
 *
 * @throws FgamError `fgam/interrupted` when the signal ends it; `fgam/bad-config` for a base of
 * another family or vocabulary
 */
export async function reproducePaper(options: ReproducePaperOptions): Promise<PaperReproduction> {
  const { out, seeds, families, tables } = options;
  const rows = rowsOf(tables);
  say(planText(options, rows));
  const runs: SeedRun[] = [];
  let taken = 0;
  const all = seeds.flatMap((seed) => families.map((family) => ({ family, seed })));
  for (const { family, seed } of all) {
    say(`${family}, seed ${seed}`);
    const {
      result: found,
      sitting,
      seconds,
    } = await timeSittings(join(out, family, `seed-${seed}`, 'seconds.json'), () =>
      runSeed(options, rows, family, seed),
    );
    runs.push({ ...found, seconds });
    const left = all.length - runs.length;
    taken += sitting;
    const mean = taken / runs.length;
    say(
      `${family}, seed ${seed}: ${formatSeconds(sitting)} in this sitting, ${formatSeconds(seconds)} in all` +
        (left === 0 ? '' : `; ${left} more, about ${formatSeconds(left * mean)} at this pace`),
    );
    if (runs.length === 1) await keepOtherReproduction(out, (saved) => areRowsMadeAgain(saved, options));
    await writeReproduction(out, paperReproduction(options, runs));
  }
  return paperReproduction(options, runs);
}

async function runSeed(
  options: ReproducePaperOptions,
  rows: readonly PaperRow[],
  family: Family,
  seed: number,
): Promise<Omit<SeedRun, 'seconds'>> {
  const { scale, signal, critics, rounds, auditor } = options;
  const out = join(options.out, family, `seed-${seed}`);
  const folder = await baseFolder(options, family, seed, out);
  const base = await loadModel(folder);
  refuseOtherFamily(base, family, folder);
  const unknown = unknownWarning('words of scenes', unknownWords(base.tokenizer, sceneWords()));
  if (unknown !== undefined)
    throw new FgamError<'fgam/bad-config'>('fgam/bad-config', `${folder}: ${unknown}`);
  const scenes = await prepareScenes(join(out, 'scenes'), scale, seed, signal);
  const { recipe } = scale;
  const variants = variantsToTrain(rows);
  const hasModules = needsModules(options);
  const trained = await trainVariants({
    ...{ base, variants, scenes, scale, recipe, hasModules, seed, out, signal },
  });
  const byName = new Map<string, TrainedVariant>(trained.map((each) => [each.variant.name, each]));
  const loops: SeedLoop[] = [];
  const validation: { variant: string; metrics: Metrics }[] = [];
  const alarms: PaperAlarm[] = [];
  const audits: PaperAudit[] = [];
  for (const { variant, from } of rows) {
    const before = byName.get(from ?? variant.name);
    if (before === undefined) continue;
    const own: Reinforced =
      from === undefined ? before : await reinforce({ ...options, from: before, variant, seed, out });
    if (own.alarm !== undefined) alarms.push({ family, seed, variant: variant.name, alarm: own.alarm });
    if (auditor !== undefined && own.disagreement !== undefined)
      audits.push({ family, seed, variant: variant.name, auditor, ...own.disagreement });
    const evaluated = await evaluateRow({ trained: own, critics, rounds, scenes, scale, seed, out, signal });
    await saveCalibrations(evaluated.loops);
    loops.push(
      ...evaluated.loops.map(({ criticKind, rounds: metrics, judgements }) => ({
        variant: variant.name,
        critic: criticKind,
        rounds: metrics,
        judgements,
      })),
    );
    validation.push({ variant: variant.name, metrics: evaluated.validation });
  }
  return { family, seed, base: await weightsSha256(folder), loops, validation, alarms, audits };
}

/** Whether rows need modules of their own: as critics, or for PPO's reward. */
function needsModules({ critics, reward, tables }: ReproducePaperOptions): boolean {
  return (
    critics.includes('module') ||
    (reward === 'module' && rowsOf(tables).some(({ from }) => from !== undefined))
  );
}

/** The base that a family's rows begin from. */
async function baseFolder(
  { base, scale, signal }: ReproducePaperOptions,
  family: Family,
  seed: number,
  out: string,
): Promise<string> {
  if (base === undefined) {
    const scenes = { ...scale.base.scenes, seed: scale.base.scenes.seed + seed };
    const run = { out: join(out, 'base'), signal, family };
    return (await trainBase({ ...scale.base, seed, scenes }, run)).model;
  }
  if (base === BASE_MODEL) return modelFolder(SHIPPED_BASES[family]);
  const own = join(base, family);
  return (await readTextIfThere(join(own, 'config.json'))) === undefined ? base : own;
}

/** What there is to do. */
function planText(options: ReproducePaperOptions, rows: readonly PaperRow[]): string {
  const { scale, seeds, families, critics, base } = options;
  const variants = variantsToTrain(rows);
  const alignments = new Set(variants.map(({ alignment }) => alignment)).size;
  const reinforced = rows.filter(({ from }) => from !== undefined).length;
  const { alignment, instruction, critic } = scale.steps;
  const parts = [
    ...(base === undefined ? [`a base of ${scale.base.stopAt} updates`] : []),
    `${alignments} alignments of ${alignment}`,
    `${variants.length} instruction tunings of ${instruction} on images`,
    ...(needsModules(options) ? [`${alignments} modules of ${critic}`] : []),
    ...(reinforced === 0 ? [] : [`${reinforced} PPO runs of ${scale.ppo.steps}`]),
    `${rows.length} rows by up to ${critics.length} critics on ${scale.scenes.test} test scenes`,
  ];
  return `plan: ${seeds.length} seeds of ${families.join(' and ')}, each with ${parts.join(', ')}`;
}
