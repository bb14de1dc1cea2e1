import type { Communicator } from '@fgam/compile';
import { FgamError } from '@fgam/data';
import { launchedBy, openMpi } from '@fgam/trainer';
import type { Command } from 'commander';
import { silence } from '../output.js';
import { usageError } from '../usage-error.js';

/** Commands of `fgam train` that several processes can share. */
const SHARED = ['stage1', 'sft', 'rm', 'dpo'];

/** Refuses several processes of `mpirun` for a command that is one's. */
export function refuseProcesses(command: Command): void {
  const { size } = launchedBy(process.env);
  if (size === 1 || SHARED.includes(command.name())) return;
  usageError(
    command,
    `expected one process for fgam train ${command.name()}, got ${size} of mpirun; ${SHARED.join(', ')} take several`,
  );
}

/**
 * Runs a training with the other processes that `mpirun` has started, if there are any. The first speaks for
 * all; MPI ends with the work, and not where it fails, as the others may still be waiting: `mpirun` ends them.
 *
 * @throws FgamError `trainer/no-mpi`; what the work throws
 */
export async function withProcesses<Result>(
  work: (communicator: Communicator | undefined) => Promise<Result>,
): Promise<Result> {
  const { rank, size } = launchedBy(process.env);
  if (size === 1) return work(undefined);
  if (rank > 0) silence();
  const communicator = openMpi();
  const result = await work(communicator);
  communicator.close();
  return result;
}

/** Whether this process writes what comes of a training. */
export function isWriter(communicator: Communicator | undefined): boolean {
  return communicator === undefined || communicator.rank === 0;
}

/** @throws FgamError `fgam/bad-config` for a batch that processes can't share, each in equal parts */
export function checkShares(
  { batchSize, microBatches = 1 }: { readonly batchSize: number; readonly microBatches?: number },
  communicator: Communicator | undefined,
): void {
  const { size } = communicator ?? { size: 1 };
  if (batchSize % (size * microBatches) === 0) return;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `batchSize: expected a multiple of ${size * microBatches} (${size} processes, microBatches ${microBatches}), got ${batchSize}`,
  );
}
