import { basename, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { FgamError } from '../error.js';
import { sha256 } from '../sha256.js';

/** Where the queue of a shard folder is. */
export interface QueuePlace {
  /** `redis://HOST:PORT/DATABASE`, or `rediss://` over TLS. */
  readonly redis: string;
  /** Of the server, where the address does not say it. */
  readonly password?: string;
  /** The shard folder, under this host's path. */
  readonly out: string;
  /**
   * Of the queue. Default: from the folder's absolute path, so that hosts that see it under other
   * paths must say one name.
   */
  readonly name?: string;
}

/** Milliseconds that a server may take to answer at first. */
const PATIENCE = 5000;

/**
 * The queue's name: given, or told by the folder's absolute path.
 *
 * @throws FgamError `data/bad-config` for a name with other signs than letters, digits, "_", "." and "-"
 * @example
 * ```ts
 * import { queueName } from '@fgam/data/bullmq';
 *
 * const place = { redis: 'redis://queue-host:6379/0', out: '/shared/shards' };
 * if (queueName({ ...place, name: 'mine' }) !== 'mine') throw new Error('another name');
 * if (!/^fgam-shards-shards-[0-9a-f]{12}$/.test(queueName(place))) throw new Error(queueName(place));
 * ```
 */
export function queueName({ out, name }: QueuePlace): string {
  if (name !== undefined) {
    if (/^[\w.-]+$/.test(name)) return name;
    throw new FgamError(
      'data/bad-config',
      `expected the queue's name to have letters, digits, "_", "." and "-" alone, got ${JSON.stringify(name)}`,
    );
  }
  const path = resolve(out);
  const hash = sha256(path).slice(0, 12);
  return `fgam-shards-${basename(path).replaceAll(/[^\w.-]/g, '_')}-${hash}`;
}

/**
 * The server in words, without a password.
 *
 * @throws FgamError `data/bad-config`
 * @example
 * ```ts
 * import { redisInWords } from '@fgam/data/bullmq';
 *
 * const said = redisInWords({ redis: 'redis://:secret@queue-host:6379/0' });
 * if (said !== 'redis://queue-host:6379/0') throw new Error(said);
 * ```
 */
export function redisInWords({ redis }: Pick<QueuePlace, 'redis'>): string {
  const { protocol, host, pathname } = parsed(redis);
  return `${protocol}//${host}${pathname}`;
}

function parsed(redis: string): URL {
  const url = URL.canParse(redis) ? new URL(redis) : undefined;
  if (url && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^\/?\d*$/.test(url.pathname))
    return url;
  // What was given may hold a password: it is not shown.
  throw new FgamError(
    'data/bad-config',
    'expected the address of a Redis server such as redis://localhost:6379/0, got another form',
  );
}

/** Asks the server whether it is there. @throws FgamError `data/no-redis`, `data/bad-config` */
export async function checkRedis(place: QueuePlace): Promise<void> {
  const { redis, password } = place;
  const words = redisInWords(place);
  const client = new Redis(redis, {
    ...(password === undefined ? {} : { password }),
    lazyConnect: true,
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    retryStrategy: () => null,
  });
  let fault: unknown;
  client.on('error', (error) => (fault ??= error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    const cause = fault ?? error;
    const said = cause instanceof Error ? cause.message : String(cause);
    const port = parsed(redis).port || '6379';
    const what = /NOAUTH|WRONGPASS|invalid username-password/i.test(said)
      ? 'give its password in FGAM_REDIS_PASSWORD (fgam) or as `password`'
      : `start one: apt-get install redis-server, then redis-server --port ${port} --save ''`;
    throw new FgamError('data/no-redis', `expected a Redis server at ${words}, got: ${said}; ${what}`);
  } finally {
    client.disconnect();
  }
}
