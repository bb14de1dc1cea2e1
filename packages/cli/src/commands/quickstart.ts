import { type Report, renderTable } from '@fgam/bench';
import type { Command } from 'commander';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { formatSeconds } from '../progress.js';
import { runQuickstart } from '../quickstart/run-quickstart.js';
import { FAST_SCALE, FULL_SCALE } from '../quickstart/scale.js';
import { checkQuickstartFolder } from './check-quickstart-folder.js';

/** The seed whose folder has no suffix. */
const DEFAULT_SEED = 1;

interface QuickstartCommandOptions extends CommonOptions {
  readonly fast?: boolean;
  readonly out?: string;
  readonly base?: string;
}

/** What the loop broke and fixed, by row: the first thing that is told. */
function brokenText({ variants }: Report): string {
  const rows = variants.flatMap(({ name, accounting }) =>
    accounting === undefined
      ? []
      : [`${name}: ${accounting.total.overall.broken} and ${accounting.total.overall.fixed}`],
  );
  return `right answers that the loop broke, and wrong ones that it mended: ${rows.join('; ')}`;
}

/** `fgam quickstart`: the whole pipeline on embedded scenes, a table and a report. */
export function addQuickstartCommand(program: Command): void {
  program
    .command('quickstart')
    .description('whole pipeline on embedded scenes: train, rectify, evaluate; table and HTML report')
    .option(
      '--fast',
      'a smaller run of the same path: one to two minutes on two cores (without it six to twenty)',
    )
    .option(
      '--out <folder>',
      'folder of the run (default: runs/quickstart, with -fast and -seed-N where given)',
    )
    .option('--base <folder>', 'base checkpoint (default: the one that is shipped)')
    .action(async (options: QuickstartCommandOptions) => {
      const started = performance.now();
      const scale = options.fast ? FAST_SCALE : FULL_SCALE;
      const { base, seed } = options;
      const ofSeed = seed === DEFAULT_SEED ? '' : `-seed-${seed}`;
      const out = options.out ?? `runs/quickstart${options.fast ? '-fast' : ''}${ofSeed}`;
      await checkQuickstartFolder(out);
      const { report, files } = await interruptible((signal) =>
        runQuickstart({ out, scale, seed, signal, ...(base === undefined ? {} : { base }) }),
      );
      const seconds = (performance.now() - started) / 1000;
      const peakGiB = process.resourceUsage().maxRSS / 2 ** 20;
      const text =
        `${brokenText(report)}\n${renderTable(report)}\n` +
        `(-) less is better; ± is half the width of the 95 % interval over test images; one run, seed ${seed}\n` +
        `${formatSeconds(seconds)}, peak memory ${peakGiB.toFixed(2)} GiB\nreport: ${files.html}`;
      printResult(options, { ...report, files, seconds, peakGiB }, text);
    });
}
