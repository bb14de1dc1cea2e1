/**
 * Decoding a token at a time with a random LLaVA of 110 million parameters: float32 and int8 here,
 * transformers beside them, each in a process of its own, in turns.
 *
 *     npx tsx --tsconfig tsconfig.json packages/models/bench/decode-speed.ts --python PYTHON [--turns 7] [--tokens 64] [--threads 2]
 *         [--folder FOLDER] [--json]
 *
 * PYTHON has torch 2.13 and transformers 5.17 (tools/make-tiny-checkpoints.py says how). The checkpoint is
 * made where it is not there (430 MB).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createFunction, type QuantizedWeights } from '@fgam/compile';
import {
  answerBatch,
  createPretrainedGenerator,
  loadPretrained,
  type PretrainedModel,
  pretrainedLogits,
} from '@fgam/models';
import { median } from 'simple-statistics';

/** A request to a process that serves a model. */
interface Ask {
  readonly prompt: string;
  readonly image: string;
  readonly maxTokens: number;
}

/** What it took. */
interface Answer {
  readonly milliseconds: number;
  /** Milliseconds of all threads. */
  readonly processor: number;
  readonly tokens: readonly number[];
  /** MB. */
  readonly resident: number;
  readonly peak: number;
}

const OURS = ['float32', 'int8'] as const;
const PROMPT = '<image> what is in it ?';

async function memory(): Promise<Pick<Answer, 'resident' | 'peak'>> {
  const status = await readFile('/proc/self/status', 'utf8');
  const of = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { resident: of('VmRSS'), peak: of('VmHWM') };
}

/** Answers requests of lines on the standard input, as `decode-speed.py serve` does. */
async function serve(folder: string, how: string, threads: number): Promise<void> {
  const model = await loadPretrained(folder, { weights: how === 'int8' ? 'int8' : 'memory' });
  const generator = createPretrainedGenerator(model, { threads });
  console.log(JSON.stringify(await memory()));
  for await (const line of createInterface({ input: process.stdin })) {
    const { prompt, image, maxTokens } = JSON.parse(line) as Ask;
    const [started, before] = [performance.now(), process.cpuUsage()];
    const [said] = await generator.generate([{ prompt, images: [image], maxTokens, stop: [] }]);
    const milliseconds = performance.now() - started;
    const { user, system } = process.cpuUsage(before);
    const processor = (user + system) / 1000;
    console.log(JSON.stringify({ milliseconds, processor, tokens: said?.tokens, ...(await memory()) }));
  }
  await generator.dispose();
}

/** A process that serves a model, and how it is asked. */
interface Server {
  readonly ask: (request?: Ask) => Promise<Answer>;
  readonly process: ChildProcess;
}

function start(command: string, args: readonly string[]): Server {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async ask(request) {
      if (request !== undefined) child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${command} ${args.join(' ')} has ended`);
      return JSON.parse(value) as Answer;
    },
  };
}

/** Logits [T, V] of all places of a text; in 8 bits in the form that a step of decoding has. */
async function logitsOf(
  { family, weights, quantized: matrices }: PretrainedModel,
  ids: readonly number[],
): Promise<Float32Array> {
  const quantized: QuantizedWeights | undefined = matrices && { matrices, form: 'packed' };
  const run = createFunction((own, inputs) => ({ logits: pretrainedLogits(family, own, inputs) }), {
    weights,
    ...(quantized === undefined ? {} : { quantized }),
  });
  const rows = [{ promptIds: ids.slice(0, -1), answerIds: ids.slice(-1) }];
  const { ids: all, slots, positions } = answerBatch(rows, { imageTokenId: family.imageTokenId });
  const { logits } = await run.run({ ids: all, slots, positions });
  await run.dispose();
  return logits?.data as Float32Array;
}

/** How far the logits of int8 are from those of float32 over one text, and where the best of them are the same. */
async function loss(folder: string, ids: readonly number[]): Promise<Record<string, number>> {
  const [exact, rounded] = await Promise.all(
    OURS.map(async (how) =>
      logitsOf(await loadPretrained(folder, { weights: how === 'int8' ? 'int8' : 'memory' }), ids),
    ),
  );
  if (exact === undefined || rounded === undefined) throw new Error('no logits');
  const width = exact.length / ids.length;
  const best = (all: Float32Array, row: number) => {
    const own = all.subarray(row * width, (row + 1) * width);
    return own.indexOf(own.reduce((most, value) => Math.max(most, value)));
  };
  const squares = (of: (value: number, i: number) => number) =>
    Math.sqrt(exact.reduce((sum, value, i) => sum + of(value, i) ** 2, 0) / exact.length);
  return {
    'largest error of a logit': exact.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (rounded[i] ?? Number.NaN))),
      0,
    ),
    'error, root of mean square': squares((value, i) => value - (rounded[i] ?? Number.NaN)),
    'logits, root of mean square': squares((value) => value),
    'places whose best token is the same, of all':
      ids.filter((_, row) => best(exact, row) === best(rounded, row)).length / ids.length,
  };
}

/** What one system took in all turns. */
interface Took {
  /** Milliseconds a token: those of a long answer less those of one token. */
  readonly wall: number[];
  readonly processor: number[];
  last?: Answer;
}

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      python: { type: 'string', default: 'python3' },
      turns: { type: 'string', default: '7' },
      tokens: { type: 'string', default: '64' },
      threads: { type: 'string', default: '2' },
      folder: {
        type: 'string',
        default: fileURLToPath(new URL('../../../.cache/random-llava-110m', import.meta.url)),
      },
      json: { type: 'boolean', default: false },
    },
  });
  const { folder, python, threads } = values;
  const [turns, tokens] = [Number(values.turns), Number(values.tokens)];
  const script = fileURLToPath(new URL('decode-speed.py', import.meta.url));
  if (!existsSync(join(folder, 'config.json'))) {
    await mkdir(folder, { recursive: true });
    spawnSync(python, [script, 'make', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const own = [...process.execArgv, fileURLToPath(import.meta.url), 'serve', folder];
  const servers: Record<string, Server> = {
    ...Object.fromEntries(OURS.map((how) => [how, start(process.execPath, [...own, how, threads])])),
    transformers: start(python, [script, 'serve', folder, threads]),
  };
  const image = join(folder, 'image.png');
  const took: Record<string, Took> = {};
  const load = loadavg()[0] ?? 0;
  for (const [name, { ask }] of Object.entries(servers)) {
    const { resident, peak } = await ask();
    if (!values.json)
      console.log(`${name}: loaded, ${resident.toFixed(0)} MB resident, ${peak.toFixed(0)} at most`);
    for (const maxTokens of [1, tokens + 1]) await ask({ prompt: PROMPT, image, maxTokens });
    took[name] = { wall: [], processor: [] };
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, { ask }] of Object.entries(servers)) {
      const short = await ask({ prompt: PROMPT, image, maxTokens: 1 });
      const long = await ask({ prompt: PROMPT, image, maxTokens: tokens + 1 });
      const own = took[name] as Took;
      own.wall.push((long.milliseconds - short.milliseconds) / tokens);
      own.processor.push((long.processor - short.processor) / tokens);
      own.last = long;
    }
  }
  for (const { process: child } of Object.values(servers)) child.kill();
  const peer = median(took['transformers']?.wall ?? []);
  const exact = took['float32']?.last?.tokens ?? [];
  const rows = Object.entries(took).map(([name, { wall, processor, last }]) => ({
    name,
    'tokens/s': 1000 / median(wall),
    'ms a token': median(wall),
    least: Math.min(...wall),
    most: Math.max(...wall),
    'processor ms a token': median(processor),
    'times transformers': peer / median(wall),
    'resident MB': last?.resident,
    'peak MB': last?.peak,
    'tokens as float32 before the first other': exact.findIndex((token, i) => token !== last?.tokens[i]),
  }));
  const losses = await loss(folder, [1, ...exact]);
  const loads = { before: load, after: loadavg()[0] ?? 0 };
  if (values.json) console.log(JSON.stringify({ turns, tokens, threads, loads, rows, losses }, null, 2));
  else {
    console.log(
      `${tokens} tokens, ${turns} turns, ${threads} threads, load ${load.toFixed(1)} to ${loads.after.toFixed(1)}`,
    );
    console.table(rows);
    console.table(losses);
  }
}

const [role, folder, how, threads] = process.argv.slice(2);
if (role === 'serve' && folder !== undefined && how !== undefined) await serve(folder, how, Number(threads));
else await bench();
