import { once } from 'node:events';
import { createServer } from 'node:net';
import { FgamError } from '@fgam/data';

/**
 * Listens at `--host` and `--port` for a moment, so that a command says what is wrong with them before its long work.
 *
 * @throws FgamError `fgam/no-port`
 */
export async function checkAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new FgamError<'fgam/no-port'>(
      'fgam/no-port',
      code === 'EADDRINUSE'
        ? `port ${port} of ${host} is in use; give another by --port`
        : `expected to listen at ${host}, port ${port}, got ${message}; give others by --host and --port`,
      { cause: error },
    );
  }
  server.close();
  await once(server, 'close');
}
