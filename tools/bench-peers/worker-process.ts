import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers commands, one line of JSON each. */
export interface WorkerProcess {
  /** What the peer says of itself. */
  readonly version: string;
  /** Sends a command and waits for its answer. @throws Error with the process's reason */
  ask(command: 'check' | 'run' | 'memory'): Promise<Answer>;
  close(): Promise<void>;
}

/** What a worker may answer. */
export interface Answer {
  readonly version?: string;
  readonly values?: readonly number[];
  readonly ms?: number;
  readonly peakMiB?: number;
  readonly error?: string;
}

/** Starts a worker and waits until it has its program ready. @throws Error with the process's reason */
export async function startWorker(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<WorkerProcess> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // Of a command that can't be started: its output ends too, so that `next` throws.
  child.on('error', (error) => (complaints = error.message));
  // Who writes to a process that has died hears of it by its missing answer.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    const { value, done } = await lines.next();
    if (done === true || value === undefined)
      throw new Error(`the process ended: ${complaints.trim().split('\n').at(-1) ?? 'without a word'}`);
    const answer = JSON.parse(value) as Answer;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
  const { version = '' } = await next();
  return {
    version,
    ask(command) {
      child.stdin.write(`${command}\n`);
      return next();
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
