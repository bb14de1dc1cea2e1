import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { badScores } from '../bench-tasks/bad-scores.js';
import { readReproduction } from '../bench-tasks/read-reproduction.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { CRITIC_KINDS, type CriticKind } from '../quickstart/critics.js';
import { FAMILIES, type Family } from '../recipes/families.js';
import { keepOtherReproduction } from '../reproduce/keep-other-reproduction.js';
import { mergeReproductions } from '../reproduce/merge-reproductions.js';
import {
  type PaperReproduction,
  reproductionJson,
  writeReproduction,
} from '../reproduce/paper-reproduction.js';
import { PAPER_TABLES, type PaperTable, rowsOf } from '../reproduce/paper-rows.js';
import { readPaperScale, SCALE_NAMES } from '../reproduce/paper-scale.js';
import { type Auditor, AUDITORS, REWARDS, type Reward } from '../reproduce/reinforce.js';
import { reproduce } from '../reproduce/reproduce.js';
import { reproducePaper } from '../reproduce/reproduce-paper.js';
import { usageError } from '../usage-error.js';
import { integer, namesOf, positiveDecimal, positiveNumber } from '../whole-number.js';

interface ReproduceOptions extends CommonOptions {
  readonly seeds: readonly number[];
  readonly out: string;
  readonly hacl: boolean;
  readonly rows?: readonly PaperTable[];
  readonly families: readonly Family[];
  readonly critics: readonly CriticKind[];
  readonly rounds: number;
  readonly scale: string;
  readonly base?: string;
  readonly reward: Reward;
  readonly auditor?: Auditor;
  readonly ppoSteps?: number;
  readonly ppoRate?: number;
  readonly merge?: readonly string[];
}

/** Options that say what is run. */
const OF_RUNS = ['seeds', 'hacl', 'rows'];
/** Options that say something of the paper's tables alone. */
const OF_TABLES = [
  ...['families', 'critics', 'rounds', 'scale', 'base'],
  ...['reward', 'auditor', 'ppoSteps', 'ppoRate'],
];

/** `fgam bench reproduce`: the paper's tables on embedded scenes, over several seeds. */
export function addBenchReproduceCommand(bench: Command): void {
  const names = namesOf(PAPER_TABLES);
  bench
    .command('reproduce')
    .description(
      'everything from random weights over several seeds, in the background: half an hour to an hour a seed; resumes',
    )
    .option('--seeds <list>', 'comma-separated seeds', seedList, [1, 2, 3])
    .option('--out <folder>', 'folder of the runs', 'runs/reproduce')
    .option('--hacl', 'HACL as one more row of the table', false)
    .option(
      '--rows <list>',
      `the paper's tables: ${PAPER_TABLES.join(', ')}, or all (default: the quickstart's table, seed by seed)`,
      (text) => (text === 'all' ? [...PAPER_TABLES] : names(text)),
    )
    .option('--families <list>', `with --rows: ${FAMILIES.join(', ')}`, namesOf(FAMILIES), ['llava'])
    .option('--critics <list>', `with --rows: ${CRITIC_KINDS.join(', ')}`, namesOf(CRITIC_KINDS), [
      ...CRITIC_KINDS,
    ])
    .option('--rounds <n>', 'with --rows: most rounds; those before are shown too', positiveNumber, 3)
    .option(
      '--scale <name>',
      `with --rows: ${SCALE_NAMES.join(', ')}, or a JSON file that says what is other`,
      'full',
    )
    .option(
      '--base <folder>',
      'with --rows: begin from this checkpoint, or from those in its folders llava and minigpt4; compact-base: the shipped one of each family (default: one trained from random weights for each family and seed)',
    )
    .addOption(
      new Option(
        '--reward <critic>',
        'with --rows: what PPO goes by; oracle sees the truth of training scenes',
      )
        .choices(REWARDS)
        .default('module'),
    )
    .addOption(
      new Option(
        '--auditor <critic>',
        'with --rows: a shipped module that judges what PPO ends in beside the reward; where the two part, an alarm ends the run',
      ).choices(Object.keys(AUDITORS)),
    )
    .option('--ppo-steps <n>', "with --rows: updates of PPO (default: the scale's)", positiveNumber)
    .option('--ppo-rate <x>', "with --rows: learning rate of PPO (default: the scale's)", positiveDecimal)
    .option(
      '--merge <files...>',
      'trains nothing: one table of the reproduction.json of several runs with --rows, of seeds or tables that were run apart',
    )
    .action(run);
}

async function run(options: ReproduceOptions, command: Command): Promise<void> {
  const { out, seeds, hacl, rows, merge } = options;
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (merge !== undefined) {
    if ([...OF_RUNS, ...OF_TABLES].some(isGiven) || !isGiven('out'))
      usageError(command, 'expected --merge with --out and nothing else: the files tell what was run');
    const { text, ...result } = await merged(merge, out);
    printResult(options, { out, ...result }, text);
    return;
  }
  if (rows === undefined) {
    if (OF_TABLES.some(isGiven))
      usageError(
        command,
        `expected --rows with the other options of the paper's tables; name tables, or all`,
      );
    const { text, ...result } = await interruptible((signal) => reproduce({ out, seeds, hacl, signal }));
    printResult(options, { out, seeds, ...result }, text);
    return;
  }
  const { families, critics, rounds, base, reward, auditor, ppoSteps, ppoRate } = options;
  if (auditor !== undefined && !rowsOf(rows).some(({ from }) => from !== undefined))
    usageError(command, 'expected --auditor with rows that PPO makes: figure2, or all');
  const named = await readPaperScale(options.scale);
  const ppo = {
    ...named.ppo,
    ...(ppoSteps === undefined ? {} : { steps: ppoSteps }),
    ...(ppoRate === undefined ? {} : { learningRate: ppoRate }),
  };
  const isOther = ppo.steps !== named.ppo.steps || ppo.learningRate !== named.ppo.learningRate;
  const tables = PAPER_TABLES.filter((table) => rows.includes(table) || (hacl && table === 'hacl'));
  const { text, ...result } = await interruptible((signal) =>
    reproducePaper({
      ...{ out, seeds, families, tables, critics, rounds, base, reward, auditor, signal },
      // Other settings have another name.
      scale: {
        ...named,
        name: isOther ? `${named.name}, PPO of ${ppo.steps} updates at ${ppo.learningRate}` : named.name,
        ppo,
      },
    }),
  );
  printResult(options, { out, seeds, ...result }, text);
}

async function merged(names: readonly string[], out: string): Promise<PaperReproduction> {
  const written = join(out, 'reproduction.json');
  if (names.some((name) => resolve(name) === resolve(written)))
    throw badScores(`${written}: expected another folder than one whose file is merged, got --out ${out}`);
  const files = await Promise.all(names.map(async (file) => ({ file, saved: await readReproduction(file) })));
  const reproduction = mergeReproductions(files);
  await keepOtherReproduction(out, (saved) =>
    isDeepStrictEqual(saved, JSON.parse(reproductionJson(reproduction))),
  );
  await writeReproduction(out, reproduction);
  return reproduction;
}

function seedList(text: string): number[] {
  const seeds = text.split(',').map(integer);
  if (new Set(seeds).size !== seeds.length) throw new InvalidArgumentError('expected distinct seeds');
  return seeds;
}
