import { createHash } from 'node:crypto';
import type { Communicator } from '@fgam/compile';
import { trainerError } from './error.js';
import type { Batch } from './step.js';

/** What a process has to say before an update: all go by the worst that any says. */
export type Verdict = 'ready' | 'stopped' | 'failed';

/** The processes that train together, as one of them sees them; alone, it is the first and only one. */
export interface Members {
  readonly rank: number;
  readonly size: number;
  /** Whether this one writes and reports for all. */
  readonly isFirst: boolean;
  /** The worst verdict of any: all stop where one was asked to, and fail where one does. */
  worst(verdict: Verdict): Promise<Verdict>;
  /**
   * Work in which each of them may fail: then all do.
   *
   * @throws what the work throws; FgamError `trainer/other-process` where another's does
   */
  together<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether all have the same text: the bytes of its SHA-256 are compared, which sums of numbers keep. */
  haveEqual(text: string): Promise<boolean>;
  /**
   * This process's equal share of the rows of a batch; scalars are everyone's.
   *
   * @throws FgamError `trainer/bad-config` for rows that do not go into equal shares
   */
  share(inputs: Batch['inputs']): Batch['inputs'];
}

const ALONE: Members = {
  rank: 0,
  size: 1,
  isFirst: true,
  worst: async (verdict) => verdict,
  together: (work) => work(),
  haveEqual: async () => true,
  share: (inputs) => inputs,
};

/** Members by their communicator; without one, this process alone. */
export function createMembers(communicator: Communicator | undefined): Members {
  if (communicator === undefined) return ALONE;
  const { rank, size } = communicator;

  async function worst(verdict: Verdict): Promise<Verdict> {
    const said = Float32Array.of(verdict === 'stopped' ? 1 : 0, verdict === 'failed' ? 1 : 0);
    await communicator?.allReduce(said);
    const [stopped = 0, failed = 0] = said;
    if (failed > 0) return 'failed';
    return stopped > 0 ? 'stopped' : 'ready';
  }

  return {
    rank,
    size,
    isFirst: rank === 0,
    worst,
    async together(work) {
      const done = await work().then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      const verdict = await worst('error' in done ? 'failed' : 'ready');
      if ('error' in done) throw done.error;
      if (verdict === 'failed') throw otherFailed({ rank, size });
      return done.result;
    },
    async haveEqual(text) {
      const bytes = [...createHash('sha256').update(text).digest()];
      const sums = Float32Array.from(bytes);
      await communicator.allReduce(sums);
      const isEqual = bytes.every((byte, i) => sums[i] === byte * size);
      return (await worst(isEqual ? 'ready' : 'failed')) === 'ready';
    },
    share: (inputs) =>
      Object.fromEntries(Object.entries(inputs).map(([key, tensor]) => [key, rowsOf(tensor, key)])),
  };

  function rowsOf(tensor: Batch['inputs'][string], key: string): Batch['inputs'][string] {
    const [rows, ...rest] = tensor.shape;
    if (rows === undefined) return tensor;
    if (rows % size !== 0)
      throw trainerError(
        'trainer/bad-config',
        `train: ${key}: expected rows in ${size} equal shares, one a process, got ${rows}; choose a batch size that ${size} divides`,
      );
    const length = tensor.data.length / size;
    // A copy: a view would hold the whole batch.
    return {
      ...tensor,
      shape: [rows / size, ...rest],
      data: tensor.data.slice(rank * length, (rank + 1) * length),
    } as typeof tensor;
  }
}

/** What ends a process whose others can't go on. */
export function otherFailed({ rank, size }: Pick<Members, 'rank' | 'size'>): Error {
  return trainerError(
    'trainer/other-process',
    `train: process ${rank} of ${size} ends, as another has failed; its error says why`,
  );
}
