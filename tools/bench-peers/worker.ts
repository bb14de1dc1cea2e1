/**
 * Our own process among the peers: `worker.ts BACKEND JOB_FOLDER THREADS`. Takes the commands of
 * `python/worker.py` and answers in the same way.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Backend, createTrainingStep } from '@fgam/compile';
import { createGenerator } from '@fgam/models';
import * as tf from '@tensorflow/tfjs-core';
import { decoderTokenizer } from './decoder-config.js';
import { type Job, readJob } from './job.js';
import { lossOf } from './loss-of.js';

/** One program: `check` gives the numbers that all peers must agree on, `run` is what is timed. */
interface Subject {
  readonly check: () => Promise<number[]>;
  readonly run: () => Promise<number>;
}

function openSubject({ config, details, weights, inputs, program }: Job, backend: Backend, threads: number) {
  if (details.kind === 'decode') {
    const { texts, newTokens } = details;
    const model = { config, tokenizer: decoderTokenizer(), weights };
    // The batch is that of the requests: by default the generator would pad 16 of them to 32.
    const generator = createGenerator(model, { backend, threads, maxBatch: texts.length });
    const requests = texts.map((prompt) => ({ prompt, maxTokens: newTokens }));
    const run = async (): Promise<number> => {
      const logprobs = (await generator.generate(requests)).flatMap((generation) => generation.logprobs);
      if (logprobs.length !== texts.length * newTokens) throw new Error('a text ended before its time');
      return logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
    };
    return { run, check: async () => [await run()] } satisfies Subject;
  }
  const [trainable, decays] = [new Set(details.trainable), new Set(details.decays)];
  const step = createTrainingStep({
    name: program,
    loss: lossOf(config, details),
    weights,
    optimizer: {
      ...details.optimizer,
      trainable: (name) => trainable.has(name),
      decays: (name) => decays.has(name),
    },
    backend,
    threads,
  });
  const run = async (): Promise<number> =>
    (await step.run(inputs, { learningRate: details.learningRate })).loss;
  return { run, check: async () => [await run(), await run(), await run()] } satisfies Subject;
}

/** Peak resident memory of this program alone: `maxRSS` would also count the process that started it. */
function peakMib(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

async function answer(subject: Subject, command: string): Promise<object> {
  switch (command) {
    case 'check':
      return { values: await subject.check() };
    case 'run': {
      const started = performance.now();
      await subject.run();
      return { ms: performance.now() - started };
    }
    case 'memory':
      return { peakMiB: peakMib() };
    default:
      throw new Error(`expected check, run or memory, got ${JSON.stringify(command)}`);
  }
}

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
// Silences tfjs's advice to install another backend.
tf.env().set('PROD', true);
const [backend, folder, threads] = process.argv.slice(2) as [Backend, string, string];
try {
  const subject = openSubject(await readJob(folder), backend, Number(threads));
  say({ version: `node ${process.versions.node}` });
  for await (const line of createInterface({ input: process.stdin })) {
    say(await answer(subject, line.trim()));
  }
} catch (error) {
  say({ error: error instanceof Error ? error.message.split('\n')[0] : String(error) });
  process.exitCode = 1;
}
