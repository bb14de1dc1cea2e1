/**
 * Tokens a second of greedy generation beside transformers on torch's CPU, turn by turn, image to text:
 * `npx tsx --tsconfig tsconfig.json packages/models/bench/generation.ts [--model DIR] [--batches 1,16] [--new-tokens 128] [--turns 9] [--peer-threads 0] [--python python3]`.
 * Threads: ours as they come, the peer's those that torch takes (0) or as many as are said. The interpreter
 * has transformers==5.17.0, torch==2.13.0 and pillow==12.3.0.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createPretrainedGenerator, loadPretrained } from '@fgam/models';
import { median, quantile } from 'simple-statistics';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(here, '../test-fixtures/tiny-llava') },
    image: { type: 'string', default: join(here, '../test-fixtures/tiny-llava/images/exact.png') },
    batches: { type: 'string', default: '1,16' },
    'new-tokens': { type: 'string', default: '128' },
    turns: { type: 'string', default: '9' },
    'peer-threads': { type: 'string', default: '0' },
    python: { type: 'string', default: 'python3' },
    json: { type: 'boolean', default: false },
  },
});
const [newTokens, turns] = [Number(values['new-tokens']), Number(values.turns)];

interface Question {
  readonly prompt: string;
  readonly images: readonly string[];
}

/** A process of the peer's. @throws Error with what it wrote when it ended */
async function startPeer(questions: readonly Question[]) {
  const script = join(here, 'generation-peer.py');
  const child = spawn(values.python, [script, values.model, String(newTokens), values['peer-threads']]);
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line: string) => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${values.python} ${script} ended: ${complaints}`);
    return JSON.parse(value) as { version: string; ms: number; tokens: number[][] };
  };
  const { version } = await ask(JSON.stringify(questions));
  return { version, run: () => ask('run'), close: () => child.stdin.end() };
}

/** Questions that differ, and in length: each is read. */
function questions(count: number): Question[] {
  const things = ['circle', 'square', 'cross', 'picture'];
  return Array.from({ length: count }, (_, i) => ({
    prompt: `USER: <image>\nIs there a ${things[i % 4]}${' to the left of the small red one'.slice(0, 2 * i)}? ASSISTANT:`,
    images: [values.image],
  }));
}

const loaded = await loadPretrained(values.model);
// Every answer is as long as it may be, and nothing is remembered from the turn before.
const model = { ...loaded, endIds: [], stopTexts: [] };
const rows: object[] = [];
for (const batch of values.batches.split(',').map(Number)) {
  const asked = questions(batch);
  const peer = await startPeer(asked);
  const generator = createPretrainedGenerator(model, {
    maxBatch: batch,
    imageCacheBytes: 1,
    promptCacheBytes: 0,
  });
  const requests = asked.map((question) => ({ ...question, maxTokens: newTokens }));
  const ours = async () => {
    const start = performance.now();
    const found = await generator.generate(requests);
    return { ms: performance.now() - start, tokens: found.map(({ tokens }) => tokens) };
  };
  for (let i = 0; i < 2; i++) {
    const [a, b] = [await ours(), await peer.run()];
    if (JSON.stringify(a.tokens) !== JSON.stringify(b.tokens))
      throw new Error(`expected the peer's tokens, got ${JSON.stringify([a.tokens, b.tokens])}`);
  }
  const times: { ours: number; theirs: number }[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const first = turn % 2 === 0 ? (await ours()).ms : undefined;
    const { ms: theirs } = await peer.run();
    times.push({ ours: first ?? (await ours()).ms, theirs });
  }
  const ratios = times.map(({ ours: own, theirs }) => theirs / own);
  const rate = (milliseconds: number) => Math.round((1000 * batch * newTokens) / milliseconds);
  rows.push({
    batch,
    'tokens/s': rate(median(times.map((each) => each.ours))),
    'of the peer': rate(median(times.map((each) => each.theirs))),
    ratio: median(ratios).toFixed(1),
    quartiles: [0.25, 0.75].map((at) => quantile(ratios, at).toFixed(1)).join(' to '),
    peer: peer.version,
  });
  peer.close();
  await generator.dispose();
}
if (values.json) console.log(JSON.stringify(rows, null, 2));
else console.table(rows);
