import { once } from 'node:events';
import type { Server } from 'node:net';

/** Options of {@link listenAt}. */
export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Makes the error, of what is wrong and what to do. */
  readonly refusal: (message: string, options: ErrorOptions) => Error;
  /** What stands before `host` and `port` where they are given, such as `--`. Default: nothing. */
  readonly prefix?: string;
}

/**
 * Listens at an address, or says what is wrong with it.
 *
 * @throws what `refusal` makes, where the address can't be listened at
 * @example
 * ```ts
 * import { createServer } from 'node:net';
 * import { listenAt } from '@fgam/data';
 *
 * const refusal = (message: string, options: ErrorOptions): Error => new Error(message, options);
 * const server = createServer();
 * await listenAt(server, { host: '127.0.0.1', port: 0, refusal });
 * const place = server.address();
 * if (place === null || typeof place === 'string') throw new Error('expected a port');
 * const { port } = place;
 * const said = await listenAt(createServer(), { host: '127.0.0.1', port, prefix: '--', refusal }).catch(String);
 * if (said !== `Error: port ${port} of 127.0.0.1 is in use; give another --port`) throw new Error(said ?? 'listens');
 * server.close();
 * ```
 */
export async function listenAt(
  server: Server,
  { host, port, refusal, prefix = '' }: ListenOptions,
): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw refusal(
      code === 'EADDRINUSE'
        ? `port ${port} of ${host} is in use; give another ${prefix}port`
        : `expected to listen at ${host}, port ${port}, got ${message}; give another ${prefix}host or ${prefix}port`,
      { cause: error },
    );
  }
}
