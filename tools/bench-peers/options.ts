import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type PeerName, PEERS } from './peers.js';
import { PROGRAMS } from './programs.js';

/** What the command line asks for. */
export interface Options {
  readonly programs: readonly string[];
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly threads: number;
  readonly isSlow: boolean;
  readonly json: boolean;
}

const USAGE = `usage: npm run bench:peers -- [options]
  --programs LIST   of ${Object.keys(PROGRAMS).join(',')} (default: all)
  --peers LIST      of ${PEERS.join(',')} (default: all)
  --rounds N        turns of each (default 15)
  --threads N       default: one a core
  --slow            with tfjs-wasm, one round of it
  --json            figures alone, on standard output`;

/** Reads the command line. @throws Error that says what is wrong and how it is used */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      programs: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string', default: '15' },
      threads: { type: 'string', default: String(availableParallelism()) },
      slow: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) throw new Error(USAGE);
  return {
    programs: listOf('--programs', values.programs, Object.keys(PROGRAMS)),
    peers: listOf('--peers', values.peers, PEERS),
    rounds: countOf('--rounds', values.rounds),
    threads: countOf('--threads', values.threads),
    isSlow: values.slow,
    json: values.json,
  };
}

function listOf<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): readonly Name[] {
  if (text === undefined) return known;
  const wanted = text.split(',');
  const unknown = wanted.filter((name) => !known.includes(name as Name));
  if (unknown.length > 0)
    throw new Error(`${option}: expected some of ${known.join(', ')}, got ${unknown.join(', ')}`);
  return known.filter((name) => wanted.includes(name));
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`${option}: expected a whole number from 1, got ${text}`);
  return count;
}
