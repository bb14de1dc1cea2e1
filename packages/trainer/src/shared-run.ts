import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import type { Weights } from '@fgam/compile';
import { makeFolder } from '@fgam/data';
import { trainerError } from './error.js';
import { fingerprintWeights } from './fingerprint.js';
import { lockFolder, lockFile } from './folder-lock.js';
import type { Members } from './members.js';
import type { Step } from './step.js';

/** @throws FgamError `trainer/bad-config` for a step that can't be computed in parts, or by several processes */
export function refuseParts(step: Step, parts: number, processes: number): void {
  const { name, indivisible } = step;
  const asked = processes === 1 ? 'microBatches: expected 1' : 'expected one process and microBatches of 1';
  const got = processes === 1 ? `${parts}` : `${processes} processes and ${parts} parts of a batch`;
  const why =
    parts > 1 && indivisible !== undefined
      ? `${asked}, got ${got}: ${indivisible}`
      : processes > 1 && step.memory !== undefined
        ? `expected one process for a step that samples from the model, got ${processes}; run it without mpirun`
        : undefined;
  if (why !== undefined) throw trainerError('trainer/bad-config', `${name}: ${why}`);
}

/**
 * Takes the folder of a run for the process that writes; the others see it.
 *
 * @returns lets it go
 * @throws FgamError `trainer/not-writable`, `trainer/folder-in-use`; `trainer/bad-config` where a process sees
 * another folder than the first
 */
export async function takeFolder(out: string, members: Members): Promise<() => Promise<void>> {
  const unlock = await members.together(async () => {
    if (!members.isFirst) return async () => {};
    await makeWritable(out);
    return lockFolder(out);
  });
  try {
    await members.together(async () => {
      if (members.isFirst || existsSync(lockFile(out))) return;
      throw trainerError(
        'trainer/bad-config',
        `train: expected a folder that all ${members.size} processes see, got ${out}, which process ${members.rank} sees without what the first wrote; give one of a shared file system`,
      );
    });
  } catch (error) {
    await unlock();
    throw error;
  }
  return unlock;
}

/**
 * @param course - all that decides which updates are made, which are saved and which are told
 * @throws FgamError `trainer/other-run` where processes have other options, or begin elsewhere
 */
export async function refuseOtherCourse(members: Members, done: number, course: unknown): Promise<void> {
  if (await members.haveEqual(JSON.stringify([done, course]))) return;
  throw trainerError(
    'trainer/other-run',
    `train: expected the same run in ${members.size} processes, got others (this one is at update ${done}); give all of them the same options, data and folder`,
  );
}

/** @throws FgamError `trainer/other-process` where the weights of processes are not the same to the bit any more */
export async function refuseParted(
  members: Members,
  done: number,
  trained: () => Promise<Weights>,
): Promise<void> {
  if (members.size === 1) return;
  if (await members.haveEqual(fingerprintWeights(await trained()))) return;
  throw trainerError(
    'trainer/other-process',
    `train: expected the same weights in ${members.size} processes after update ${done}, got others: sums or updates are rounded otherwise on some; run on processors of one kind`,
  );
}

async function makeWritable(out: string): Promise<void> {
  try {
    await makeFolder(out);
    await access(out, constants.W_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw trainerError('trainer/not-writable', `train: ${out} can't be written: ${why}`, { cause });
  }
}
