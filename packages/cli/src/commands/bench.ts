import { BENCHMARKS } from '@fgam/bench';
import type { DataSplit } from '@fgam/data';
import Table from 'cli-table3';
import { type Command, Option } from 'commander';
import { addCriticOptions, type CriticOptions, HOW_CRITICS_CHECK } from '../ports/critic-options.js';
import { addModelOptions, type ModelOptions } from '../ports/model-options.js';
import { recallText, runRecall } from '../bench-tasks/run-recall.js';
import { ORACLE, runScenes } from '../bench-tasks/run-scenes.js';
import { scenesText } from '../bench-tasks/scenes-text.js';
import { BENCH_TASKS } from '../bench-tasks/tasks.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { addBenchCompareCommand } from './bench-compare.js';
import { addBenchReproduceCommand } from './bench-reproduce.js';
import { addBenchErrorsCommand } from './bench-errors.js';
import { addBenchLatencyCommand } from './bench-latency.js';
import { addBenchReportCommand } from './bench-report.js';
import { addBenchRunCommand } from './bench-run.js';
import { addBenchScoreCommand } from './bench-score.js';
import { BASE_MODEL } from '../train/model-names.js';
import { wholeNumber } from '../whole-number.js';
import { refuseGivenOptions } from './refuse-given-options.js';

interface ScenesOptions extends CommonOptions, ModelOptions, CriticOptions {
  readonly data: string;
  readonly rounds?: number;
  readonly limit?: number;
  readonly out?: string;
}

interface RecallOptions extends CommonOptions {
  readonly model: string;
  readonly data: string;
  readonly split: DataSplit;
}

const INTERRUPTED = 'nothing was written; run the command again';

/** `fgam bench list|run|score|compare|errors|latency|report`: benchmarks and their results. */
export function addBenchCommands(program: Command): void {
  const bench = program.command('bench').description('benchmarks: list, run, score, compare, show a report');
  bench.command('list').description('the benchmarks, what they measure and what they need').action(list);
  const run = bench.command('run').description("a model's answers to a benchmark, with their scores");
  addBenchRunCommand(run);
  const scenes = run
    .command('scenes')
    .description('the scene suite, before and, with a critic, after rectification');
  addCriticOptions(addModelOptions(scenes), `; ${ORACLE} (knows the truth)`)
    .requiredOption('--data <folder>', 'scenes folder')
    .option('--rounds <n>', 'most revisions (default: 2)', wholeNumber)
    .option('--limit <n>', 'images taken, from the first', wholeNumber)
    .option('--out <folder>', 'folder for predictions, trajectories and scores')
    .action(async (options: ScenesOptions, command: Command) => {
      if (options.critic === undefined && options.calibration === undefined)
        refuseGivenOptions(command, ['rounds', ...HOW_CRITICS_CHECK], 'a run without --critic');
      const result = await interruptible((signal) => runScenes({ ...options, command, signal }), INTERRUPTED);
      printResult(options, result, scenesText(result));
    });
  run
    .command('recall')
    .description('region-to-text and text-to-region recall of stage 1')
    .option('--model <folder>', 'model folder, or the shipped base', BASE_MODEL)
    .requiredOption('--data <folder>', 'shard folder')
    .addOption(
      new Option('--split <name>', 'which part of the data')
        .choices(['train', 'validation'])
        .default('validation'),
    )
    .action(async (options: RecallOptions) => {
      const result = await interruptible((signal) => runRecall({ ...options, signal }), INTERRUPTED);
      printResult(options, result, recallText(result));
    });
  addBenchReproduceCommand(bench);
  addBenchScoreCommand(bench);
  addBenchCompareCommand(bench);
  addBenchErrorsCommand(bench);
  addBenchLatencyCommand(bench);
  addBenchReportCommand(bench);
}

function list(options: CommonOptions): void {
  const tasks = [
    ...BENCH_TASKS.map((task) => ({ ...task, command: 'run' as const, dialects: [] })),
    ...BENCHMARKS.map(({ name, measures, inputs, dialects }) => ({
      ...{ name, measures, inputs, dialects },
      command: 'score' as const,
    })),
  ];
  const table = new Table({
    head: ['task', 'measures', 'inputs', 'dialects'],
    style: { head: [], border: [] },
    colWidths: [16, 44, 52, 14],
    wordWrap: true,
  });
  for (const { command, name, measures, inputs, dialects } of tasks)
    table.push([`${command} ${name}`, measures, inputs, dialects.join(', ')]);
  printResult(options, { tasks }, table.toString());
}
