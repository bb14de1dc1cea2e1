import { type BenchmarkTask, BENCHMARKS, findBenchmark } from '@fgam/bench';
import { isFgamError } from '@fgam/data';
import { InvalidArgumentError } from 'commander';

/** A benchmark by its name on a command line; another name is a usage error. */
export function benchmarkNamed(name: string): BenchmarkTask {
  try {
    return findBenchmark(name);
  } catch (error) {
    if (!isFgamError(error)) throw error;
    throw new InvalidArgumentError(`Benchmarks are: ${BENCHMARKS.map((each) => each.name).join(', ')}`);
  }
}
