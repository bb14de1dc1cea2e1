/**
 * Processes that train together, each on its share of every batch (data-parallel training; the terms are
 * MPI's). All of them ask for the same sums, in the same order.
 */
export interface Communicator {
  /** Of this process, from 0. */
  readonly rank: number;
  /** Processes. */
  readonly size: number;
  /**
   * Replaces numbers by their sums over all processes, an all-reduce:
   *
   *     values_i = sum_(r = 0 .. size - 1) values_i of process r
   *
   * The sums are the same to the bit in every process, or their weights would part.
   */
  readonly allReduce: (values: Float32Array) => void | Promise<void>;
}
