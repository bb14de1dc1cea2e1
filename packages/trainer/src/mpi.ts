import { createRequire } from 'node:module';
import type { Communicator } from '@fgam/compile';
import type * as Koffi from 'koffi';
import { trainerError } from './error.js';

/** The processes that `mpirun` has started, by MPI's sums. */
export interface MpiCommunicator extends Communicator {
  /** Ends MPI, which waits for the others; nothing is summed from then on. A process that failed just exits. */
  close(): void;
}

/** Where {@link openMpi} finds the library. */
export interface OpenMpiOptions {
  /** File or name of the MPI library. Default: what the variable `FGAM_MPI` names, else the usual ones. */
  readonly library?: string | undefined;
}

/** This process among those that a launcher has started. */
export interface Launched {
  readonly rank: number;
  readonly size: number;
}

/** Names the library, where it is at another place. */
const VARIABLE = 'FGAM_MPI';
/** Of Open MPI 4 and 5; of MPICH and its kin (Intel MPI, MVAPICH), as itself and as Debian calls it. */
const OPEN_MPI = ['libmpi.so.40'];
const OF_MPICH = ['libmpi.so.12', 'libmpich.so.12'];
const ON_MACOS = ['/opt/homebrew/lib/libmpi.dylib', '/usr/local/lib/libmpi.dylib'];
/** Numbers of one sum: MPI counts by int. */
const MOST = 2 ** 30;

/** Constants of mpi.h, which differ: Open MPI's handles are addresses, those of MPICH's ABI numbers. */
interface Constants {
  readonly handle: 'void *' | 'int';
  readonly world: unknown;
  readonly float: unknown;
  readonly sum: unknown;
  readonly inPlace: number;
}

const MPICH: Constants = {
  handle: 'int',
  world: 0x44000000,
  float: 0x4c00040a,
  sum: 0x58000003,
  inPlace: -1,
};

/**
 * Rank and number of processes as a launcher has put them into the environment: `mpirun` of Open MPI and of
 * MPICH, or `srun` with either. Alone: rank 0 of 1.
 *
 * @example
 * ```ts
 * import { launchedBy } from '@fgam/trainer';
 *
 * const { rank, size } = launchedBy({ OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4' });
 * if (rank !== 1 || size !== 4 || launchedBy({}).size !== 1) throw new Error(`${rank} of ${size}`);
 * ```
 */
export function launchedBy(environment: Readonly<Record<string, string | undefined>>): Launched {
  const of = (rank: string, size: string): Launched | undefined =>
    environment[rank] === undefined || environment[size] === undefined
      ? undefined
      : { rank: Number(environment[rank]), size: Number(environment[size]) };
  return (
    of('OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE') ??
    of('PMI_RANK', 'PMI_SIZE') ??
    of('PMIX_RANK', 'SLURM_NTASKS') ?? { rank: 0, size: 1 }
  );
}

/**
 * The processes that this one was started with by `mpirun` (or `srun`), through the machine's own MPI library:
 * sums go the way that it knows, shared memory or the cluster's network. Calls block until all have asked.
 *
 * @throws FgamError `trainer/no-mpi` where koffi or a library is not to be had, or the library is not the
 * launcher's
 * @example
 * ```ts no-run
 * import { openMpi, train, type Step } from '@fgam/trainer';
 *
 * // mpirun -n 4 node train.js
 * declare const step: Step;
 * const communicator = openMpi();
 * await train({ step, out: 'run', steps: 100, schedule: { learningRate: 1e-4 }, communicator });
 * communicator.close();
 * ```
 */
export function openMpi({ library: named }: OpenMpiOptions = {}): MpiCommunicator {
  const { koffi, library, file } = loadMpi(named);
  const { handle, world, float, sum, inPlace } = constantsOf(library);
  const call = (name: string, parameters: readonly (string | ReturnType<typeof Koffi.out>)[]) => {
    const run = library.func(name, 'int', [...parameters]) as (...values: unknown[]) => number;
    return (...values: unknown[]): void => {
      const code = run(...values);
      if (code === 0) return;
      throw trainerError(
        'trainer/no-mpi',
        `openMpi: ${name} of ${file}: expected success, got error ${code}`,
      );
    };
  };
  const init = call('MPI_Init', ['void *', 'void *']);
  const finalize = call('MPI_Finalize', []);
  const allReduce = call('MPI_Allreduce', ['intptr_t', 'float *', 'int', handle, handle, handle]);
  const asked = (name: string): number => {
    const found: [number] = [0];
    call(name, [handle, koffi.out(koffi.pointer('int'))])(world, found);
    return found[0];
  };
  init(null, null);
  const [rank, size] = [asked('MPI_Comm_rank'), asked('MPI_Comm_size')];
  const launched = launchedBy(process.env);
  if (size !== launched.size)
    throw trainerError(
      'trainer/no-mpi',
      `openMpi: expected ${launched.size} processes, as the launcher says, got ${size} by ${file}; it is another MPI's: name the launcher's library by ${VARIABLE}`,
    );
  return {
    rank,
    size,
    allReduce(values) {
      for (let begin = 0; begin < values.length; begin += MOST) {
        const some = values.subarray(begin, begin + MOST);
        allReduce(inPlace, some, some.length, float, sum, world);
      }
    },
    close: () => finalize(),
  };
}

/** The first MPI library that is there. */
function loadMpi(named = process.env[VARIABLE] || undefined): {
  readonly koffi: typeof Koffi;
  readonly library: Koffi.LibraryHandle;
  readonly file: string;
} {
  const files = named === undefined ? usualFiles() : [named];
  const faults: string[] = [];
  try {
    // Not imported: it throws where it has no binary.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    for (const file of files) {
      try {
        // Open MPI's plugins look for its functions among those of all.
        return { koffi, library: koffi.load(file, { global: true }), file };
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error));
      }
    }
  } catch (error) {
    faults.push(`koffi: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw trainerError(
    'trainer/no-mpi',
    `openMpi: expected an MPI library (${files.join(', ')}), got none: ${faults.join('; ')}; install Open MPI or MPICH, or name the library by ${VARIABLE}`,
  );
}

/** A host may have both: that of the launcher comes first. */
function usualFiles(): readonly string[] {
  if (process.platform === 'darwin') return ON_MACOS;
  const isOfMpich =
    process.env['PMI_SIZE'] !== undefined && process.env['OMPI_COMM_WORLD_SIZE'] === undefined;
  return isOfMpich ? [...OF_MPICH, ...OPEN_MPI] : [...OPEN_MPI, ...OF_MPICH];
}

function constantsOf(library: Koffi.LibraryHandle): Constants {
  try {
    return {
      handle: 'void *',
      world: library.symbol('ompi_mpi_comm_world'),
      float: library.symbol('ompi_mpi_float'),
      sum: library.symbol('ompi_mpi_op_sum'),
      inPlace: 1,
    };
  } catch {
    return MPICH;
  }
}
