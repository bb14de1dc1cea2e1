import { cpus, totalmem } from 'node:os';
import { type BackendInfo, defaultThreads, findBackends } from '@fgam/compile';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { KNOWN_CONFIGS } from '../plan/known-configs.js';
import { planConfig } from '../plan/plan-config.js';
import { planReport } from '../plan/plan-report.js';
import { planText } from '../plan/plan-text.js';
import { positiveNumber } from '../whole-number.js';
import { refuseGivenOptions } from './refuse-given-options.js';

interface DoctorOptions extends CommonOptions {
  readonly plan?: string;
  readonly rank?: number;
  readonly batch: number;
  readonly tokens: number;
  readonly recompute?: boolean;
}

/** Options that say what is planned. */
const OF_PLANS = ['rank', 'batch', 'tokens', 'recompute'] satisfies (keyof DoctorOptions)[];

/** `fgam doctor`: what this machine has, and what to install for more; with `--plan` what training a model takes. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('backends and providers found, threads, memory, what to install for a GPU')
    .option(
      '--plan <model>',
      `what an update of a model takes: ${Object.keys(KNOWN_CONFIGS).join(', ')} or a folder with config.json`,
    )
    .option(
      '--rank <r>',
      'of an adapter (LoRA) over a frozen base; without it all weights are trained',
      positiveNumber,
    )
    .option('--batch <n>', 'rows of an update, each with one image', positiveNumber, 1)
    .option('--tokens <n>', 'tokens a row, those of the image among them', positiveNumber, 1024)
    .option('--recompute', 'activations of layers are computed again in the backward pass')
    .action(async (options: DoctorOptions, command: Command) => {
      if (options.plan !== undefined) return showPlan(options.plan, options);
      refuseGivenOptions(command, OF_PLANS, 'doctor without --plan');
      const { picked, backends } = await findBackends('auto');
      const machine = {
        node: process.versions.node,
        processor: cpus()[0]?.model ?? 'unknown',
        threads: defaultThreads(),
        memoryGiB: Math.round(totalmem() / 2 ** 30),
      };
      const missing = backends.filter((info) => !info.available);
      const gpuCommand = missing.find(({ backend }) => backend === 'ort-cuda')?.command;
      const { node, processor, threads, memoryGiB } = machine;
      const text = [
        `Node ${node}, ${processor}, ${threads} threads, ${memoryGiB} GiB`,
        backendTable(backends),
        ...missing.map(({ backend, command }) => (command === undefined ? '' : `add ${backend}: ${command}`)),
        `default: ort-cpu; --backend auto takes ${picked}`,
        ...(gpuCommand === undefined
          ? []
          : [`no GPU in use; with an NVIDIA GPU and its driver: ${gpuCommand}`]),
      ];
      const result = { ...machine, picked, ...(gpuCommand === undefined ? {} : { gpuCommand }), backends };
      printResult(options, result, text.filter((line) => line !== '').join('\n'));
    });
}

async function showPlan(model: string, options: DoctorOptions): Promise<void> {
  const { rank, batch, tokens, recompute = false } = options;
  const asked = { batch, tokens, recompute, ...(rank === undefined ? {} : { rank }) };
  const report = planReport({ ...asked, config: await planConfig(model) });
  printResult(options, { model, ...asked, ...report }, planText(model, asked, report));
}

function backendTable(backends: readonly BackendInfo[]): string {
  const table = new Table({ head: ['backend', 'here', 'what is missing'], style: { head: [], border: [] } });
  for (const info of backends)
    table.push([info.backend, info.available ? 'yes' : 'no', info.available ? '' : info.reason]);
  return table.toString();
}
