/**
 * What rounds of rectification cost beside the answer itself (the paper's Table 4): captions of scenes, one request at a time, with a trained module and with the grounded
 * critic, each with and without what is shared between rounds. Without a module's folder the answering model gives the feedback itself.
 *
 *     npm run bench:rounds -w fgam -- [--model compact-base] [--module FOLDER] [--scenes 24] [--random 0] [--processor] [--out FOLDER]
 *
 * `--processor` counts the time of all processors instead of the clock's: on a loaded machine less is left to chance.
 * `--random N` adds a model of random weights and about N million parameters, whose revisions are those of a reviser that changes one token in the middle.
 */
import { mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Answerer, type Critic, writeScenes } from '@fgam/data';
import {
  compactConfig,
  createAnswerer,
  createGenerator,
  createWeights,
  type FgamModel,
  type ModelGenerator,
} from '@fgam/models';
import { createModelCritic, formatFeedback, parseFeedback } from '@fgam/rectifier';
import { median } from 'simple-statistics';
import { imageOf } from '../src/answer-questions.js';
import { fittedPrompts } from '../src/ports/fitted-prompts.js';
import { openGroundedCritic } from '../src/ports/open-critic.js';
import { readSceneData } from '../src/scene-data.js';
import { openModel } from '../src/train/open-model.js';

/** Scenes that captures are made on before any is timed. */
const WARM = 6;
const ROUNDS = 2;
/** Tokens of an answer and of feedback of a model that says nothing by itself, and of its question. */
const RANDOM = { answer: 96, feedback: 12, question: 8 };

const { values: given } = parseArgs({
  options: {
    model: { type: 'string' },
    module: { type: 'string' },
    scenes: { type: 'string', default: '24' },
    random: { type: 'string', default: '0' },
    processor: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const out = given.out ?? (await mkdtemp(join(tmpdir(), 'fgam-rounds-')));

/** What one request took: the answer, and each round's feedback and revision, in milliseconds. */
interface Course {
  readonly base: number;
  readonly critic: readonly number[];
  readonly revision: readonly number[];
  readonly texts: readonly string[];
  readonly tokens: number;
}

async function timed<T>(call: () => Promise<T>): Promise<readonly [T, number]> {
  const now = () => {
    if (!given.processor) return performance.now();
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const start = now();
  return [await call(), now() - start];
}

/** All rounds of a request, whether its critic refuses or not: what is accepted is revised by a refusal that says nothing. */
async function course(answerer: Answerer, critic: Critic, image: string, question: string): Promise<Course> {
  const [[first], base] = await timed(() => answerer.answer([{ image, question }]));
  const texts = [first?.text ?? ''];
  const took = { critic: [] as number[], revision: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const response = texts.at(-1) ?? '';
    const [[found], criticised] = await timed(() => critic.critique([{ image, question, response }]));
    const refused = found?.verdict === 'revise' ? found : parseFeedback('reasoning : wrong', { response });
    const feedback = formatFeedback(refused, { response });
    const [[revised], took2] = await timed(() =>
      answerer.answer([{ image, question, revision: { response, feedback } }]),
    );
    took.critic.push(criticised);
    took.revision.push(took2);
    texts.push(revised?.text ?? '');
  }
  return { base, ...took, texts, tokens: first?.tokens ?? 0 };
}

/** Medians over requests of what rounds cost, the base answer being 1. */
function summary(name: string, courses: readonly Course[], stats?: ModelGenerator['stats']): void {
  const of = (part: (each: Course) => number) => Number(median(courses.map(part)).toFixed(3));
  const upTo = ({ base, critic, revision }: Course, rounds: number) =>
    [...critic.slice(0, rounds), ...revision.slice(0, rounds)].reduce((sum, each) => sum + each, base) / base;
  const row = {
    name,
    requests: courses.length,
    tokens: of(({ tokens }) => tokens),
    baseMs: of(({ base }) => base),
    one: of((each) => upTo(each, 1)),
    two: of((each) => upTo(each, 2)),
    critic: [0, 1].map((round) => of(({ base, critic }) => (critic[round] ?? 0) / base)),
    revision: [0, 1].map((round) => of(({ base, revision }) => (revision[round] ?? 0) / base)),
    ...(stats === undefined
      ? {}
      : { drafted: stats.draftTokens, accepted: stats.acceptedTokens, steps: stats.steps }),
    load: Number(loadavg()[0]?.toFixed(1)),
  };
  console.log(JSON.stringify(row));
}

/** A loop that shares what it can, or nothing. */
function openLoop(model: FgamModel, module: FgamModel | undefined, isShared: boolean) {
  const options = { ...(isShared ? {} : { promptCacheBytes: 0 }), maxBatch: 1 };
  const generator = createGenerator(model, options);
  const own = module === undefined ? undefined : createGenerator(module, options);
  const prompts = fittedPrompts(model);
  const answerer = createAnswerer(generator, { ...prompts, draftRevisions: isShared });
  const critic = createModelCritic({ generator: own ?? generator, formatPrompt: prompts.formatCriticPrompt });
  const dispose = async () => {
    await Promise.all([generator.dispose(), own?.dispose()]);
  };
  return { generator, answerer, critic, dispose };
}

async function ofScenes(): Promise<void> {
  const model = await openModel(given.model);
  const module = given.module === undefined ? undefined : await openModel(given.module);
  const folder = join(out, 'scenes');
  const count = WARM + Number(given.scenes);
  await writeScenes({ out: folder, count, seed: 5, split: 'test', minObjects: 6, maxObjects: 6 });
  const data = await readSceneData(folder);
  const captions = data.questions.filter(({ kind }) => kind === 'caption');
  const grounded = await openGroundedCritic(model, async () => undefined);
  const forms = [true, false].flatMap((isShared) => {
    const loop = openLoop(model, module, isShared);
    const byGrounded = openLoop(model, undefined, isShared);
    const how = isShared ? 'shared' : 'plain';
    const trained = module === undefined ? 'the model itself' : 'trained module';
    return [
      { name: `${trained}, ${how}`, ...loop, courses: [] as Course[] },
      { name: `grounded, ${how}`, ...byGrounded, critic: grounded.critic, courses: [] as Course[] },
    ];
  });
  // Each scene is asked about once a form: a second time all of it would be known.
  for (const [i, question] of captions.entries())
    for (const { answerer, critic, courses } of forms) {
      const each = await course(answerer, critic, imageOf(data, question), question.question);
      if (i >= WARM) courses.push(each);
    }
  for (const { name, courses, generator } of forms) summary(name, courses, generator.stats);
  for (const [shared, plain] of [
    [forms[0], forms[2]],
    [forms[1], forms[3]],
  ]) {
    const same = shared?.courses.filter(
      ({ texts }, i) => String(texts) === String(plain?.courses[i]?.texts),
    ).length;
    console.log(
      `${shared?.name}: ${same} of ${shared?.courses.length} with the plain loop's words in all rounds`,
    );
  }
  for (const { dispose } of forms) await dispose();
  await grounded.dispose();
}

/** The cost of the same calls with a larger model: the module's are those of the model itself, feedback of a fixed length. */
async function ofRandom(millions: number): Promise<void> {
  const base = await openModel();
  const layers = Math.max(2, Math.round((millions * 1e6) / (16 * 512 * 512)));
  const config = compactConfig({
    text_config: {
      vocab_size: base.tokenizer.size,
      hidden_size: 512,
      intermediate_size: 2048,
      num_hidden_layers: layers,
      num_attention_heads: 8,
      initializer_range: 0.05,
    },
  });
  const model: FgamModel = { config, tokenizer: base.tokenizer, weights: createWeights(config, 1) };
  const words = base.tokenizer.decode(Array.from({ length: 60 }, (_, i) => 20 + i)).split(' ');
  let drawn = 7;
  const text = (count: number) =>
    Array.from(
      { length: count },
      () => words[(drawn = (drawn * 48_271) % 2_147_483_647) % words.length],
    ).join(' ');
  const loops = [true, false].map((isShared) => ({
    name: `${millions} M random, ${isShared ? 'shared' : 'plain'}`,
    generator: createGenerator(model, { ...(isShared ? {} : { promptCacheBytes: 0 }), maxBatch: 1 }),
    isShared,
    courses: [] as Course[],
  }));
  const [, plain] = loops;
  for (let i = 0; i < 2 + Number(given.scenes); i++) {
    const question = `User: ${text(RANDOM.question)} Assistant:`;
    const ask = { prompt: question, maxTokens: RANDOM.answer };
    const feedback = text(RANDOM.feedback);
    const draftsOf = new Map<string, readonly number[]>();
    for (const { generator, isShared, courses } of [...loops].reverse()) {
      const [[first], answered] = await timed(() => generator.generate([ask]));
      const took = { critic: [] as number[], revision: [] as number[] };
      let said = first?.text ?? '';
      const texts = [said];
      for (let round = 0; round < ROUNDS; round++) {
        const asked = { prompt: `${question} ${said} Feedback:`, maxTokens: RANDOM.feedback };
        const [, criticised] = await timed(() => generator.generate([asked]));
        const revise = {
          prompt: `${question} ${said} Feedback: ${feedback} Assistant (Revised):`,
          maxTokens: RANDOM.answer,
        };
        const [[revised], revising] = await timed(() =>
          generator.generate([isShared ? { ...revise, draft: draftsOf.get(revise.prompt) ?? [] } : revise]),
        );
        const tokens = revised?.tokens ?? [];
        const middle = Math.floor(tokens.length / 2);
        if (generator === plain?.generator) draftsOf.set(revise.prompt, tokens.with(middle, 20));
        said = revised?.text ?? '';
        texts.push(said);
        took.critic.push(criticised);
        took.revision.push(revising);
      }
      if (i >= 2) courses.push({ base: answered, ...took, texts, tokens: first?.tokens.length ?? 0 });
    }
  }
  const [shared = [], alone = []] = loops.map(({ courses }) => courses.map(({ texts }) => String(texts)));
  console.log(
    `${shared.filter((texts, i) => texts === alone[i]).length} of ${shared.length} the same in both`,
  );
  for (const { name, courses, generator } of loops) {
    summary(name, courses, generator.stats);
    await generator.dispose();
  }
}

await ofScenes();
if (Number(given.random) > 0) await ofRandom(Number(given.random));
