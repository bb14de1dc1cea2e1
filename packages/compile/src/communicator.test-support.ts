import type { Communicator } from './communicator.js';

/** Communicators of as many parties in this process, who wait for each other at each sum. */
export function createCommunicators(size: number): Communicator[] {
  let waiting: { readonly values: Float32Array; readonly go: () => void }[] = [];
  const meet = async (values: Float32Array): Promise<void> => {
    const met = new Promise<void>((go) => waiting.push({ values, go }));
    if (waiting.length === size) {
      const all = waiting;
      waiting = [];
      const sums = Float32Array.from(values, (_, i) =>
        all.reduce((sum, party) => Math.fround(sum + (party.values[i] as number)), 0),
      );
      for (const party of all) {
        party.values.set(sums);
        party.go();
      }
    }
    await met;
  };
  return Array.from({ length: size }, (_, rank) => ({ rank, size, allReduce: meet }));
}
