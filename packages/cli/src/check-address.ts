import { once } from 'node:events';
import { createServer } from 'node:net';
import { FgamError, listenAt } from '@fgam/data';

/**
 * Listens at `--host` and `--port` for a moment, so that a command says what is wrong with them before its long work.
 *
 * @throws FgamError `fgam/no-port`
 */
export async function checkAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  const refusal = (message: string, options: ErrorOptions): Error =>
    new FgamError<'fgam/no-port'>('fgam/no-port', message, options);
  await listenAt(server, { host, port, refusal, prefix: '--' });
  server.close();
  await once(server, 'close');
}
