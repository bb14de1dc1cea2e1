import { cpus, totalmem } from 'node:os';
import { type BackendInfo, defaultThreads, findBackends } from '@fgam/compile';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';

/** `fgam doctor`: what this machine has, and what to install for more. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('backends and providers found, threads, memory, what to install for a GPU')
    .action(async (options: CommonOptions) => {
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

function backendTable(backends: readonly BackendInfo[]): string {
  const table = new Table({ head: ['backend', 'here', 'what is missing'], style: { head: [], border: [] } });
  for (const info of backends)
    table.push([info.backend, info.available ? 'yes' : 'no', info.available ? '' : info.reason]);
  return table.toString();
}
