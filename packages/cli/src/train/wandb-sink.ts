import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FgamError } from '@fgam/data';
import { WANDB_SCRIPT } from '../wandb-script.js';
import type { MetricsSink } from './metrics-sink.js';

const PYTHON = 'python3';
/** What the client's process says on its standard output once it takes lines. */
const READY = 'ready';

/** @throws FgamError `fgam/no-wandb` where `python3` or its package `wandb` is not there */
export async function checkWandb(): Promise<void> {
  await promisify(execFile)(PYTHON, ['-c', 'import wandb']).catch((cause: Error) => {
    // The last line of what Python says is the error.
    throw noWandb(cause.message.trim().split('\n').at(-1) ?? '');
  });
}

/**
 * A run of Weights & Biases for a training run, by its Python client in a process of its own: it takes `WANDB_PROJECT`
 * (default `fgam`), `WANDB_MODE`, `WANDB_API_KEY` and the rest from the environment. The id of the run is kept in the
 * output folder, so that a training run that goes on is one run there, too.
 *
 * @throws FgamError `fgam/no-wandb` where the client ends before it is told to; it says why on standard error
 */
export async function openWandb(out: string): Promise<MetricsSink> {
  await mkdir(out, { recursive: true });
  const client = spawn(PYTHON, [fileURLToPath(WANDB_SCRIPT), out], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C is for the training run, whose last lines the client then still sends.
    detached: true,
  });
  const ended = once(client, 'close').then(
    ([code, signal]) => `it ended with ${String(code ?? signal)}`,
    (error: unknown) => String(error),
  );
  // A client that is gone is told of by `ended`.
  client.stdin.on('error', () => {});
  const ready = new Promise<undefined>((resolve) => {
    createInterface({ input: client.stdout }).on('line', (line) => {
      if (line === READY) resolve(undefined);
      // What the client says is for people, and standard output is the command's.
      else process.stderr.write(`${line}\n`);
    });
  });
  const early = await Promise.race([ended, ready]);
  if (early !== undefined) throw noWandb(early);
  return {
    async send(line) {
      const isTaken = client.stdin.write(`${JSON.stringify(line)}\n`);
      const taken = isTaken ? undefined : once(client.stdin, 'drain').then(() => undefined);
      const early = await Promise.race([ended, taken]).catch(() => ended);
      if (early !== undefined) throw noWandb(early);
    },
    async close() {
      client.stdin.end();
      const how = await ended;
      if (client.exitCode !== 0) throw noWandb(how);
    },
  };
}

function noWandb(got: string): FgamError<'fgam/no-wandb'> {
  return new FgamError<'fgam/no-wandb'>(
    'fgam/no-wandb',
    `--metrics-to wandb: expected ${PYTHON} with the client wandb, logged in (pip install wandb; wandb login), got: ${got}`,
  );
}
