import { renderPaper } from '@fgam/bench';
import type { Command } from 'commander';
import { measureLatency } from '../bench-tasks/measure-latency.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { addCriticOptions, type CriticOptions } from '../ports/critic-options.js';
import { addModelOptions, type ModelOptions } from '../ports/model-options.js';
import { GROUNDED } from '../ports/open-critic.js';
import { positiveNumber } from '../whole-number.js';

interface LatencyOptions extends CommonOptions, ModelOptions, CriticOptions {
  readonly data: string;
  readonly rounds: number;
  readonly limit: number;
}

/** `fgam bench latency`: what rounds of rectification cost (the paper's Table 4). */
export function addBenchLatencyCommand(bench: Command): void {
  const command = bench
    .command('latency')
    .description(
      'what rounds cost beside the answer: captions of scenes one at a time, all rounds whether refused or not; medians, ratios, parameters',
    );
  addCriticOptions(addModelOptions(command), '', GROUNDED)
    .requiredOption('--data <folder>', 'scenes folder')
    .option('--rounds <n>', 'rounds that are timed', positiveNumber, 2)
    .option('--limit <n>', 'captions that are timed at most', positiveNumber, 24)
    .action(async (options: LatencyOptions, command: Command) => {
      const latency = [await interruptible((signal) => measureLatency({ ...options, command, signal }))];
      printResult(options, { latency }, renderPaper({ paper: { latency } }));
    });
}
