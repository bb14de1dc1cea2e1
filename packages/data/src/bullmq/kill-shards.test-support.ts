import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../sha256.js';
import type { Random } from '../scenes/random.js';
import { startQueueProcess } from './queue-process.test-support.js';
import type { TestRedis } from './redis.test-support.js';

/** What was killed while a build went on. */
export interface KillTally {
  /** Workers that were building a shard. */
  busyWorkers: number;
  idleWorkers: number;
  coordinators: number;
  /** Times that the server was killed and started empty. */
  servers: number;
  /** Shards that workers said to have built: those built twice count twice. */
  built: number;
}

/** Every file of a folder, with its SHA-256. */
export async function filesOf(path: string): Promise<Record<string, string>> {
  const found = await readdir(path, { recursive: true, withFileTypes: true });
  const files = found.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(
      files.sort().map(async (file) => [file.slice(path.length + 1), sha256(await readFile(file))]),
    ),
  ) as Record<string, string>;
}

/** Waits for a process to end by itself. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`the process ended with ${child.exitCode ?? child.signalCode}`);
}

/** Kills a process without warning. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Waits for a line of a process. */
export function said(child: ChildProcess, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (text: Buffer) => text.toString().includes(what) && resolve());
    child.once('exit', () => reject(new Error(`the process ended before it said ${what}`)));
  });
}

/**
 * Builds `folder/shards` with workers in processes of their own, and kills them, the coordinator and the
 * server at random moments until `kills` are done; then lets the build end.
 *
 * @returns what was hit
 */
export async function buildUnderKills(
  folder: string,
  redis: TestRedis,
  options: { readonly kills: number; readonly workers: number; readonly random: Random },
): Promise<KillTally> {
  const { kills, workers: count, random } = options;
  const tally: KillTally = { busyWorkers: 0, idleWorkers: 0, coordinators: 0, servers: 0, built: 0 };
  const startWorker = (): ChildProcess => {
    const child = startQueueProcess('work', folder, redis.url);
    child.stdout?.on('data', (text: Buffer) => (tally.built += text.toString().split(' built\n').length - 1));
    return child;
  };
  /**
   * Whether a process has begun a shard that it has not ended, or was killed in one: then nobody
   * has cleared up behind it.
   */
  const isAtWork = async ({ pid }: ChildProcess): Promise<boolean> => {
    try {
      const names = await readdir(join(folder, 'shards', '.jobs'), { recursive: true });
      return names.some((name) => new RegExp(`[/\\\\]${pid ?? ''}-[^/\\\\]+\\.attempt$`).test(name));
    } catch {
      return false; // Not begun, or just over.
    }
  };
  let coordinator = startQueueProcess('build', folder, redis.url);
  const workers = Array.from({ length: count }, startWorker);
  try {
    await Promise.all([...workers, coordinator].map((child) => said(child, 'ready')));
    for (let done = 0; done < kills && coordinator.exitCode === null; done++) {
      await sleep(random.int(0, 400));
      const what = random.int(0, 9);
      if (what === 0) {
        await redis.kill();
        await sleep(random.int(0, 500));
        await redis.start();
        tally.servers++;
      } else if (what <= 2) {
        if (coordinator.exitCode !== null) break;
        await kill(coordinator);
        tally.coordinators++;
        coordinator = startQueueProcess('build', folder, redis.url);
      } else {
        const place = random.int(0, count - 1);
        const victim = workers[place] as ChildProcess;
        // Most kills come to a worker that is at a shard; one in five whenever it may be.
        const wait = random.int(0, 4) === 0 ? 0 : 5000;
        for (let waited = 0; waited < wait && !(await isAtWork(victim)); waited += 5) await sleep(5);
        await sleep(random.int(0, 250));
        await kill(victim);
        if (await isAtWork(victim)) tally.busyWorkers++;
        else tally.idleWorkers++;
        workers[place] = startWorker();
      }
    }
    await ended(coordinator);
    return tally;
  } finally {
    await Promise.all([...workers, coordinator].map(kill));
  }
}
