// Load on the rectifying proxy: many clients at a time, in front of an upstream that fails and stalls.
//
//     npm run build && node tools/load-proxy.mjs [--clients 200] [--seconds 60] [--decide] [--side 224]
//
// The proxy is `fgam serve` in a process of its own, with an LLM critic behind the same bad upstream; clients
// are the official npm client, half of them streaming. Each request has a number, and the upstream answers
// with it, under an id of its own: a reply that is lost, another's or given twice shows, and so does a first
// answer that is asked for twice.
//
// With `--decide` the answering model is asked which of two answers is better, after each revision. Each request has a
// JPEG of noise of `--side` pixels a side.
//
// Exit code 1 where any of these is, where the proxy counts other than one reply a request, where it holds more
// memory after the load than in the middle of it by more than a bound (both are printed), or where its own exit
// code is not 0.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createFirstAnswers, createReplies, memoryCheck, repliesByStatus } from './load-checks.mjs';
import { seededRandom } from './seeded-random.mjs';

const ofPackage = (name) => createRequire(new URL(`../packages/${name}/package.json`, import.meta.url));
const { default: OpenAI } = ofPackage('rectifier')('openai');
const sharp = ofPackage('data')('sharp');
const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    decide: { type: 'boolean', default: false },
    side: { type: 'string', default: '224' },
  },
});
const CLIENTS = Number(values.clients);
const SECONDS = Number(values.seconds);
const FAILS = 0.3;
const STALLS = 0.05;
/**
 * Milliseconds after which the proxy gives a stalled call up, and a client a request: more
 * than all tries of the proxy.
 */
const CALL_TIMEOUT = 5000;
const CLIENT_TIMEOUT = 120_000;
/** Readings of memory while the load lasts, and seconds apart at most; of those after it, half a second apart. */
const READINGS = 12;
const APART = 5;
const READINGS_AFTER = 10;
/** How much more than in the middle of the run memory may be after it, in MB: garbage, and what a heap keeps of it. */
const HEAP_BOUND = { share: 1.15, slack: 16 };
const RESIDENT_BOUND = { share: 1.15, slack: 24 };

const seen = { answered: 0, failed: 0, stalled: 0, decided: 0 };
const { random } = seededRandom(1);
const picture = await noise(Number(values.side));
// Half of it, as the proxy's clock began before this one's.
const firsts = createFirstAnswers(CALL_TIMEOUT / 2);
let given = 0;
const upstream = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const luck = random();
    if (luck < STALLS) return void (seen.stalled += 1);
    const isFailure = luck < STALLS + FAILS;
    seen[isFailure ? 'failed' : 'answered'] += 1;
    response.writeHead(isFailure ? ((luck * 1000) % 2 < 1 ? 503 : 429) : 200, {
      'content-type': 'application/json',
      'retry-after-ms': '50',
    });
    const body = isFailure
      ? { error: { message: 'busy', type: 'server_error', param: null, code: null } }
      : answerTo(JSON.parse(Buffer.concat(parts).toString('utf8')));
    setTimeout(() => response.end(JSON.stringify(body)), 5 + 20 * random());
  });
});
upstream.listen(0, '127.0.0.1');
await once(upstream, 'listening');
const at = `http://127.0.0.1:${upstream.address().port}/v1`;

const program = fileURLToPath(new URL('../packages/cli/dist/index.js', import.meta.url));
const server = spawn(
  process.execPath,
  [
    // So that what is no longer needed is collected, and what is kept for good shows.
    ...[
      '--max-old-space-size=128',
      program,
      'serve',
      '--json',
      '--upstream',
      at,
      '--critic-model',
      'critic',
      '--port',
      '0',
    ],
    ...(values.decide ? ['--decide'] : []),
    ...['--max-concurrent', '128', '--timeout-ms', String(CALL_TIMEOUT), '--retries', '4'],
  ],
  { stdio: ['ignore', 'pipe', 'ignore'] },
);
const [line] = await once(createInterface({ input: server.stdout }), 'line');
const { url } = JSON.parse(line);
const client = new OpenAI({
  baseURL: url,
  apiKey: 'any',
  maxRetries: 0,
  timeout: CLIENT_TIMEOUT,
  logLevel: 'off',
});

const count = { rectified: 0, degraded: 0, budget: 0, errors: 0, busy: 0, lost: 0, foreign: 0, twice: 0 };
const take = createReplies();
const seconds = [];
const memory = [];
const memoryAfter = [];
const begun = performance.now();
const isOver = () => performance.now() - begun > SECONDS * 1000;
let asked = 0;
const load = loadavg()[0];
const watching = setInterval(() => void watch(memory), 1000 * Math.min(APART, SECONDS / READINGS));
await Promise.all(Array.from({ length: CLIENTS }, (_, i) => work(i)));
clearInterval(watching);
const took = (performance.now() - begun) / 1000;
for (let reading = 0; reading < READINGS_AFTER; reading += 1) {
  await delay(500);
  await watch(memoryAfter);
}
const metrics = await readMetrics();
const replies = repliesByStatus(metrics);
const counted = replies.reduce((sum, [, n]) => sum + n, 0);
const heap = checkOf('heap', HEAP_BOUND);
const resident = checkOf('resident', RESIDENT_BOUND);

const ended = once(server, 'exit');
server.kill('SIGTERM');
const [code] = await ended;
upstream.closeAllConnections();
upstream.close();

seconds.sort((a, b) => a - b);
const rows = [
  ['clients at a time', CLIENTS],
  ['seconds', took.toFixed(1)],
  ['load of the machine, before and after', `${load.toFixed(1)}, ${loadavg()[0].toFixed(1)}`],
  ['requests', asked],
  ['answered after all rounds', count.rectified],
  ['answered, rounds cut by the time budget', count.budget],
  ['answered with the first answer, as a round failed (degraded)', count.degraded],
  ["upstream's failure passed on in OpenAI's form", count.errors],
  ['sent away with 429', count.busy],
  ['lost (no reply, or a broken one)', count.lost],
  ["answered with another's answer", count.foreign],
  ['answered twice', count.twice],
  ['first answers that were asked for twice', firsts.twice()],
  ['replies that the proxy counted', counted],
  [
    'seconds of a request: median, 95 %, 99 %',
    [0.5, 0.95, 0.99].map((p) => quantile(p).toFixed(2)).join(', '),
  ],
  [
    'upstream: answered (of these decisions), failed, stalled',
    `${seen.answered} (${seen.decided}), ${seen.failed}, ${seen.stalled}`,
  ],
  ['replies by status, as the proxy counted them', replies.map((each) => each.join(': ')).join(', ')],
  ['heap of the proxy in use, MB, under load', memory.map(({ heap: of }) => of).join(' ')],
  ['heap after it: least, middle of the run, bound', wordsOf(heap)],
  ['resident memory of the proxy, MB, under load', memory.map(({ resident: of }) => of).join(' ')],
  ['resident memory after it: least, middle of the run, bound', wordsOf(resident)],
  ['exit code after SIGTERM', code],
];
console.log(`| | |\n| --- | --- |\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}`);
const faults = [
  count.lost > 0 && 'replies were lost',
  count.foreign > 0 && "requests were answered with another's answer",
  count.twice > 0 && 'requests were answered twice',
  firsts.twice() > 0 && 'first answers were asked for twice',
  counted !== asked && `expected ${asked} replies, got ${counted} by the proxy's count`,
  !heap.holds && 'the heap grew beyond its bound',
  !resident.holds && 'resident memory grew beyond its bound',
  values.decide && seen.decided === 0 && 'no decision was asked for',
  code !== 0 && `the proxy ended with ${code}`,
].filter((fault) => fault !== false);
for (const fault of faults) console.error(`load-proxy: ${fault}`);
if (faults.length > 0) process.exitCode = 1;

async function work(i) {
  while (!isOver()) {
    const number = (asked += 1);
    const start = performance.now();
    try {
      const { text, fgam, ...reply } = await (i % 2 === 0 ? whole(number) : streamed(number));
      const times = take({ ...reply, text, number, report: fgam.id });
      if (times !== 'once') count[times] += 1;
      else if (fgam.degraded) count.degraded += 1;
      else if (fgam.stop === 'budget') count.budget += 1;
      else if (fgam.stop === 'accepted' && text.endsWith('revised')) count.rectified += 1;
      else count.lost += 1;
    } catch (error) {
      const isPassedOn =
        error instanceof OpenAI.APIError && error.status >= 400 && typeof error.type === 'string';
      if (!isPassedOn) count.lost += 1;
      else if (error.code === 'server_busy') {
        count.busy += 1;
        await delay(1000);
      } else count.errors += 1;
    }
    seconds.push((performance.now() - start) / 1000);
  }
}

async function whole(number) {
  const { id, choices, fgam } = await client.chat.completions.create(bodyOf(number));
  return {
    text: choices.map(({ message }) => message.content).join(''),
    ids: [id],
    ends: choices.length,
    fgam,
  };
}

async function streamed(number) {
  let [text, finishes, fgam] = ['', 0, {}];
  const ids = [];
  const call = client.chat.completions.create({ ...bodyOf(number), stream: true }).withResponse();
  const { data: stream, response } = await call;
  // The client reads as far as [DONE]: what comes after it would not show.
  const sent = response.clone().text();
  // Of a stream that breaks off both fail; the loop below tells.
  sent.catch(() => {});
  for await (const chunk of stream) {
    ids.push(chunk.id);
    text += chunk.choices[0]?.delta.content ?? '';
    if (chunk.choices[0]?.finish_reason) {
      finishes += 1;
      fgam = chunk.fgam;
    }
  }
  const raw = await sent;
  const dones = raw.split('\n').filter((row) => row === 'data: [DONE]').length;
  if (finishes === 0 || !raw.trimEnd().endsWith('data: [DONE]')) throw new Error('a stream that broke off');
  return { text, ids, ends: Math.max(finishes, dones), fgam };
}

function bodyOf(number) {
  const content = [
    { type: 'image_url', image_url: { url: picture } },
    { type: 'text', text: `question ${number} ?` },
  ];
  return { model: 'tiny', messages: [{ role: 'user', content }] };
}

/** A picture as a data URI. */
async function noise(side) {
  const raw = { width: side, height: side, channels: 3 };
  const pixels = Uint8Array.from({ length: 3 * side * side }, () => 256 * random());
  const jpeg = await sharp(pixels, { raw }).jpeg().toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

/** What the upstream says: as the model, who decides for revisions, or as the critic, who accepts them alone. */
function answerTo({ model, messages }) {
  const asked = messages.flatMap(({ content }) => content).map((part) => part.text ?? part);
  const [, facts] = /two answers: (\{.*\})/.exec(asked.join('\n')) ?? [];
  if (facts !== undefined) {
    seen.decided += 1;
    return completion(0, JSON.parse(facts).B.endsWith('revised') ? 'B' : 'A');
  }
  if (model === 'critic') {
    const isRight = JSON.stringify(messages.at(-1)).includes('revised');
    const issues = isRight
      ? []
      : [{ kind: 'object', claim: 'draft', correction: 'revised', confidence: 0.8, boxes: [] }];
    return completion(0, JSON.stringify({ verdict: isRight ? 'accept' : 'revise', confidence: 0.9, issues }));
  }
  const number = Number(/question (\d+)/.exec(JSON.stringify(messages[0]))[1]);
  const isFirst = messages.length === 1;
  if (isFirst) firsts.answer(number, performance.now());
  return completion(number, `answer ${number} ${isFirst ? 'draft' : 'revised'}`);
}

/** Under an id that no other has. */
function completion(number, content) {
  given += 1;
  return {
    ...{ id: `chatcmpl-${number}-${given}`, object: 'chat.completion', created: 1, model: 'tiny' },
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}

async function readMetrics() {
  return (await fetch(new URL('/metrics', url))).text();
}

async function watch(readings) {
  const text = await readMetrics();
  const megabytes = (name) => Math.round(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1]) / 2 ** 20);
  readings.push({
    heap: megabytes('nodejs_heap_size_used_bytes'),
    resident: megabytes('process_resident_memory_bytes'),
  });
}

function checkOf(name, bound) {
  const of = (readings) => readings.map((reading) => reading[name]);
  return memoryCheck(of(memory), of(memoryAfter), bound);
}

function wordsOf({ last, median, bound, holds }) {
  return `${last}, ${median}, ${Math.round(bound)}${holds ? '' : ' (exceeded)'}`;
}

function quantile(p) {
  return seconds[Math.min(seconds.length - 1, Math.floor(p * seconds.length))];
}
