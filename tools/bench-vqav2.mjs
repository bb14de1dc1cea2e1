#!/usr/bin/env node
/**
 * VQAv2 of the validation split's size (214,354 questions about 40,504 images, ten answers each), synthesised
 * in the official format: read and scored by `@fgam/bench` and by the official rule in Python
 * (`vqa_rule.py`), a process each, in turns. Medians of wall and processor time, their ratio, highest
 * resident memory; the scores must be equal.
 *
 *     npm run build -w @fgam/data -w @fgam/bench
 *     node tools/bench-vqav2.mjs [--python python3] [--rounds 3] [--questions 214354] [--folder kept]
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { seededRandom } from './seeded-random.mjs';

const QUESTIONS = 'v2_OpenEnded_mscoco_val2014_questions.json';
const ANNOTATIONS = 'v2_mscoco_val2014_annotations.json';
const RESULTS = 'vqav2_results.json';
/** Makes the share of unanimous questions that of 500 real ones: 0.49 of yes or no, 0.34 of numbers, 0.14 of others. */
const AGREED = { 'yes/no': 0.3, number: 0.22, other: 0.08 };
const IMAGES_A_QUESTION = 40504 / 214354;

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '3' },
    questions: { type: 'string', default: '214354' },
    folder: { type: 'string' },
    score: { type: 'string' },
  },
});
if (values.score === undefined) await compare();
else console.log(JSON.stringify(await scoreOnce(values.score)));

async function compare() {
  const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'fgam-vqav2-')));
  await synthesise(folder, Number(values.questions));
  const { size } = await stat(join(folder, ANNOTATIONS));
  console.log(
    `${values.questions} questions, annotations of ${(size / 1e6).toFixed(0)} MB, load ${loadavg()[0].toFixed(1)}`,
  );
  const contenders = {
    fgam: [process.execPath, fileURLToPath(import.meta.url), '--score', folder],
    python: [
      values.python,
      fileURLToPath(new URL('vqa_rule.py', import.meta.url)),
      ...[QUESTIONS, ANNOTATIONS, RESULTS].map((name) => join(folder, name)),
    ],
  };
  const runs = { fgam: [], python: [] };
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [name, [command, ...args]] of Object.entries(contenders)) {
      const result = JSON.parse(execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 }));
      runs[name].push(result);
      console.log(
        `${name}: ${result.seconds.toFixed(2)} s (${result.processor.toFixed(2)} s of processor), ${result.peakMegabytes.toFixed(0)} MB, overall ${result.scores.overall}`,
      );
    }
  const [ours, theirs] = [runs.fgam[0].scores, runs.python[0].scores];
  if (!isDeepStrictEqual(ours, theirs))
    throw new Error(`scores differ: ${JSON.stringify(ours)} and ${JSON.stringify(theirs)}`);
  for (const clock of ['seconds', 'processor']) {
    const [fast, slow] = [runs.fgam, runs.python].map((each) => median(each.map((run) => run[clock])));
    console.log(
      `${clock}: medians ${fast.toFixed(2)} and ${slow.toFixed(2)}, ${(slow / fast).toFixed(1)} times as fast`,
    );
  }
  if (values.folder === undefined) await rm(folder, { recursive: true });
}

async function scoreOnce(folder) {
  const { findBenchmark } = await import('@fgam/bench');
  // As in Python's, the clock starts when the modules are there.
  const begin = performance.now();
  const used = process.cpuUsage();
  const { metrics } = await findBenchmark('vqav2').score({
    truth: [join(folder, ANNOTATIONS), join(folder, QUESTIONS)],
    predictions: [join(folder, RESULTS)],
  });
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(used);
  return {
    scores: metrics,
    seconds,
    processor: (user + system) / 1e6,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
}

/**
 * Files with the shares of VQAv2: types of answers, agreement of people, marks and articles and numbers
 * in words in some answers.
 */
async function synthesise(folder, count) {
  await mkdir(folder, { recursive: true });
  const { random, whole } = seededRandom(1);
  const pick = (list) => list[whole(0, list.length - 1)];
  const syllables = 'ba ce di fo gu ha ke li mo nu pa re si to wu'.split(' ');
  const words = Array.from({ length: 3000 }, () =>
    Array.from({ length: whole(1, 4) }, () => pick(syllables)).join(''),
  );
  const other = () => {
    const word = random() < 0.3 ? `${pick(words)} ${pick(words)}` : pick(words.slice(0, 400));
    const form = random();
    if (form < 0.03) return `the ${word}`;
    if (form < 0.05) return `${word}, ${pick(words)}`;
    if (form < 0.06) return `${word}-${pick(words)}`;
    return form < 0.07 ? `${word}.` : word;
  };
  const numbers = ['0', '1', '2', '3', '4', '5', '10', '1,000', 'two', 'one', 'none'];
  const kinds = { 'yes/no': () => pick(['yes', 'no']), number: () => pick(numbers), other };
  const questionTypes = {
    'yes/no': ['is the', 'are there', 'is this a', 'does the'],
    number: ['how many'],
    other: ['what is the', 'what color is the', 'where is the', 'why', 'none of the above'],
  };
  const head = {
    info: { version: '2.0' },
    license: { name: 'synthesised' },
    data_type: 'mscoco',
    data_subtype: 'val2014',
  };
  const files = Object.fromEntries(
    [QUESTIONS, ANNOTATIONS, RESULTS].map((name) => [name, createWriteStream(join(folder, name))]),
  );
  const write = async (name, text) => {
    if (!files[name].write(text)) await new Promise((resume) => files[name].once('drain', resume));
  };
  const opening = (extra, key) => `${JSON.stringify({ ...head, ...extra }).slice(0, -1)}, "${key}": [`;
  await write(QUESTIONS, opening({ task_type: 'Open-Ended' }, 'questions'));
  await write(ANNOTATIONS, opening({}, 'annotations'));
  await write(RESULTS, '[');
  for (let index = 0; index < count; index++) {
    const image_id = 1 + 7 * Math.floor(index * IMAGES_A_QUESTION);
    const question_id = image_id * 1000 + (index % 1000);
    const share = random();
    const answer_type = share < 0.376 ? 'yes/no' : share < 0.506 ? 'number' : 'other';
    const common = kinds[answer_type]();
    const agreement = random();
    const answers = Array.from({ length: 10 }, (_, at) => ({
      answer: random() < agreement + AGREED[answer_type] ? common : kinds[answer_type](),
      answer_confidence: pick(['yes', 'yes', 'maybe', 'no']),
      answer_id: at + 1,
    }));
    const question_type = pick(questionTypes[answer_type]);
    const annotation = {
      question_type,
      multiple_choice_answer: common,
      answers,
      image_id,
      answer_type,
      question_id,
    };
    const guess = random();
    const answer = guess < 0.6 ? common : guess < 0.65 ? `The ${common}.` : kinds[answer_type]();
    const comma = index === 0 ? '' : ', ';
    await write(
      QUESTIONS,
      `${comma}${JSON.stringify({ image_id, question: `${question_type} ${pick(words)} ${pick(words)}?`, question_id })}`,
    );
    await write(ANNOTATIONS, `${comma}${spaced(annotation)}`);
    await write(RESULTS, `${comma}${JSON.stringify({ question_id, answer })}`);
  }
  await write(QUESTIONS, ']}');
  await write(ANNOTATIONS, ']}');
  await write(RESULTS, ']');
  await Promise.all(Object.values(files).map((file) => finished(file.end())));
}

/** JSON with a blank after commas and colons, as Python writes it and the official files have it. */
function spaced(value) {
  return JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replaceAll('{ ', '{')
    .replaceAll(' }', '}')
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']');
}
