import type { Measured } from './measure.js';
import type { PeerName } from './peers.js';

/** One program's figures as they are printed. */
export interface ProgramReport {
  readonly name: string;
  /** Our median milliseconds. */
  readonly captured: number;
  /** Peers that ran it; a ratio above 1 says that we are faster. */
  readonly peers: Readonly<Partial<Record<PeerName, { readonly ms: number; readonly ratio: number }>>>;
  /** MiB at the peak, by contender. */
  readonly peakMemory: Readonly<Record<string, number>>;
  /** Peers that did not run it, with the reason. */
  readonly absent: Readonly<Partial<Record<PeerName, string>>>;
}

/** A program's report; `absent` are the peers that take no part at all. */
export function programReport(
  name: string,
  { figures, absent }: Measured,
  absentPeers: ProgramReport['absent'],
): ProgramReport {
  const peers: Partial<Record<PeerName, { ms: number; ratio: number }>> = {};
  for (const [contender, { ms, ratio }] of figures) {
    if (contender !== 'captured') peers[contender] = { ms: rounded(ms, 1), ratio: rounded(ratio, 3) };
  }
  return {
    name,
    captured: rounded(figures.get('captured')?.ms ?? Number.NaN, 1),
    peers,
    peakMemory: Object.fromEntries([...figures].map(([key, { peakMiB }]) => [key, Math.round(peakMiB)])),
    absent: { ...absentPeers, ...absent },
  };
}

/** The report for people. */
export function textOf({ name, captured, peers, peakMemory, absent }: ProgramReport): string {
  const row = (who: string, ms: number, ratio: string, memory: number | undefined) =>
    `  ${who.padEnd(14)}${ms.toFixed(1).padStart(10)}${ratio.padStart(8)}${String(memory ?? '').padStart(10)}`;
  return [
    `${name}`,
    `  ${''.padEnd(14)}${'ms'.padStart(10)}${'ratio'.padStart(8)}${'peak MiB'.padStart(10)}`,
    row('captured', captured, '1', peakMemory['captured']),
    ...Object.entries(peers).map(([peer, { ms, ratio }]) =>
      row(peer, ms, ratio.toFixed(2), peakMemory[peer]),
    ),
    ...Object.entries(absent).map(([peer, reason]) => `  ${peer.padEnd(14)} absent: ${reason}`),
  ].join('\n');
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
