import { Redis, type RedisOptions } from 'ioredis';
import type { QueuePlace } from './redis-place.js';

/** The clients of a queue or a worker. */
export interface Clients {
  /** Opens one. BullMQ makes more of it, for commands that block. */
  open(): Redis;
  /** Whether the server is away from one of them. */
  isAway(): boolean;
  /** Ends all of them at once, those that BullMQ made too: its own ways wait for a server that is away. */
  end(): void;
}

/** Clients that try for ever, at least once a second, where the server is away. */
export function openClients({ redis, password }: QueuePlace): Clients {
  const clients: Redis[] = [];
  const track = (client: Redis): Redis => {
    clients.push(client);
    client.on('error', () => undefined); // BullMQ hands it on to its own listeners.
    const duplicate = client.duplicate.bind(client);
    client.duplicate = (override?: Partial<RedisOptions>) => track(duplicate(override));
    return client;
  };
  return {
    open: () =>
      track(
        new Redis(redis, {
          ...(password === undefined ? {} : { password }),
          maxRetriesPerRequest: null,
          retryStrategy: (times) => Math.min(times * 100, 1000),
        }),
      ),
    isAway: () => clients.some(({ status }) => status !== 'ready'),
    end: () => {
      for (const client of clients) client.disconnect();
    },
  };
}
