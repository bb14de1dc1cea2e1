import type { Communicator } from '@fgam/compile';
import { FgamError, isFgamError } from '@fgam/data';
import { launchedBy, openMpi } from '@fgam/trainer';
import type { Command } from 'commander';
import { silence } from '../output.js';
import { usageError } from '../usage-error.js';

/** Commands of `fgam train` that several processes can share. */
const SHARED = ['stage1', 'sft', 'rm', 'dpo'];

/** Of several processes of `mpirun` the first speaks for all; a command that is one's refuses them. */
export function prepareProcesses(command: Command): void {
  const { rank, size } = launchedBy(process.env);
  if (rank > 0) silence();
  if (size === 1 || SHARED.includes(command.name())) return;
  usageError(
    command,
    `expected one process for fgam train ${command.name()}, got ${size} of mpirun; ${SHARED.join(', ')} take several`,
  );
}

/**
 * Runs a training with the other processes that `mpirun` has started, if there are any. MPI ends with the work,
 * or where all were interrupted; not where it fails, as others may still be waiting: `mpirun` ends them.
 *
 * @throws FgamError `trainer/no-mpi`; what the work throws
 */
export async function withProcesses<Result>(
  work: (communicator: Communicator | undefined) => Promise<Result>,
): Promise<Result> {
  if (launchedBy(process.env).size === 1) return work(undefined);
  const communicator = openMpi();
  try {
    const result = await work(communicator);
    communicator.close();
    return result;
  } catch (error) {
    if (isFgamError(error) && error.code === 'fgam/interrupted') communicator.close();
    throw error;
  }
}

/** Whether this process writes what comes of a training. */
export function isWriter(communicator: Communicator | undefined): boolean {
  return communicator === undefined || communicator.rank === 0;
}

/** What of a config decides whether processes can share its run. */
export interface SharedConfig {
  readonly batchSize: number;
  readonly microBatches?: number | undefined;
  readonly worker?: boolean | undefined;
}

/** @throws FgamError `fgam/bad-config` for a run that processes can't share, each in equal parts of every batch */
export function checkShares(
  { batchSize, microBatches = 1, worker = false }: SharedConfig,
  communicator: Communicator | undefined,
): void {
  if (communicator === undefined) return;
  const { size } = communicator;
  const parts = size * microBatches;
  const faults = [
    batchSize % parts === 0
      ? ''
      : `batchSize: expected a multiple of ${parts} (${size} processes, microBatches ${microBatches}), got ${batchSize}`,
    worker
      ? `worker: expected false with ${size} processes, whose sums come between two graphs of one thread`
      : '',
  ].filter(Boolean);
  if (faults.length > 0) throw new FgamError<'fgam/bad-config'>('fgam/bad-config', faults.join('; '));
}
