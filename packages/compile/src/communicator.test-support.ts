import type { Communicator } from './communicator.js';

/** Communicators of as many members of one process, who wait for each other at each sum. */
export function createMembers(size: number): Communicator[] {
  let waiting: { readonly values: Float32Array; readonly go: () => void }[] = [];
  const meet = async (values: Float32Array): Promise<void> => {
    const met = new Promise<void>((go) => waiting.push({ values, go }));
    if (waiting.length === size) {
      const all = waiting;
      waiting = [];
      const sums = Float32Array.from(values, (_, i) =>
        all.reduce((sum, member) => Math.fround(sum + (member.values[i] as number)), 0),
      );
      for (const member of all) {
        member.values.set(sums);
        member.go();
      }
    }
    await met;
  };
  return Array.from({ length: size }, (_, rank) => ({ rank, size, allReduce: meet }));
}
