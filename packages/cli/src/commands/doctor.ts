import { cpus, totalmem } from 'node:os';
import { defaultThreads, listBackends } from '@fgam/compile';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';

/** `fgam doctor`: what this machine has, and what to install for more. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('backends and providers found, threads, memory, what to install for a GPU')
    .action(async (options: CommonOptions) => {
      const backends = await listBackends();
      const machine = {
        node: process.versions.node,
        processor: cpus()[0]?.model ?? 'unknown',
        threads: defaultThreads(),
        memoryGiB: Math.round(totalmem() / 2 ** 30),
      };
      const table = new Table({ head: ['backend', 'here', 'note'], style: { head: [], border: [] } });
      for (const { backend, available, note = '' } of backends)
        table.push([backend, available ? 'yes' : 'no', note]);
      const { node, processor, threads, memoryGiB } = machine;
      const text = `Node ${node}, ${processor}, ${threads} threads, ${memoryGiB} GiB\n${table.toString()}`;
      printResult(options, { ...machine, backends }, text);
    });
}
