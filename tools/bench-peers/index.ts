/**
 * `npm run bench:peers`: the same programs captured, in PyTorch (eager and compiled), in JAX and on tfjs,
 * with the same weights, inputs and threads, in turns. Peers that are not there are named with the reason.
 */
import { cpus, loadavg } from 'node:os';
import { measure } from './measure.js';
import { type Options, readOptions } from './options.js';
import { absence, type PeerName } from './peers.js';
import { PROGRAMS } from './programs.js';
import { type ProgramReport, programReport, textOf } from './report.js';

/** Load average from which the machine is not quiet. */
const BUSY = 0.5;

async function run(options: Options): Promise<void> {
  const { rounds, threads, json } = options;
  const [load = 0] = loadavg();
  if (load > BUSY) {
    process.stderr.write(
      `the load of this machine is ${load.toFixed(1)}: figures of peers whose threads wait spinning (OpenMP's) are too high\n`,
    );
  }
  const absent: Partial<Record<PeerName, string>> = {};
  for (const peer of options.peers) {
    const reason = await absence(peer, options.isSlow);
    if (reason !== undefined) absent[peer] = reason;
  }
  const peers = options.peers.filter((peer) => absent[peer] === undefined);
  const programs: ProgramReport[] = [];
  const versions: Record<string, string> = {};
  for (const [name, create] of Object.entries(PROGRAMS)) {
    if (!options.programs.includes(name)) continue;
    const measured = await measure(await create(), { peers, rounds, threads });
    for (const [contender, { version }] of measured.figures) versions[contender] = version;
    const report = programReport(name, measured, absent);
    programs.push(report);
    if (!json) console.log(`${textOf(report)}\n`);
  }
  const machine = { cpu: cpus()[0]?.model, loadBefore: Number(load.toFixed(2)), threads, rounds, versions };
  if (json) console.log(JSON.stringify({ programs, ...machine }));
  else {
    console.log(
      'Median milliseconds a step (a whole decoding for decode-*). ratio: time over the captured one, ',
    );
    console.log(`above 1 the captured one is faster. ${JSON.stringify(machine)}`);
  }
}

try {
  await run(readOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`bench:peers: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
