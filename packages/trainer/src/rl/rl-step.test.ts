import { createHash } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFunction, type Weights } from '@fgam/compile';
import { createGenerator, type FgamModel, withHeads } from '@fgam/models';
import { beforeAll, describe, expect, test } from 'vitest';
import { lastCheckpoint } from '../checkpoint.js';
import { type MetricsLine, readMetrics } from '../metrics.js';
import type { Batch } from '../step.js';
import { createTinyModel, saveColour } from '../tiny-model.test-support.js';
import { train } from '../train.js';
import { expectResumes, weightsSha256 } from '../expect-resumes.test-support.js';
import { gatherFromTokens } from './collate-rollouts.js';
import type { RolloutRequest } from './collect-rollouts.js';
import type { ResponseReading } from './hacking-alarms.js';
import { compactPolicy } from './compact-policy.js';
import { createRlStep } from './rl-step.js';
import type { RlStepOptions, RollOutInput } from './rl-step-options.js';
import type { Rollout } from './rollout.js';

const ARMS = ['one', 'two', 'three'];
const QUESTION = 'choose';

let folder: string;
let model: FgamModel;
let requests: RolloutRequest[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-rl-'));
  model = createTinyModel([QUESTION, ...ARMS]);
  requests = await Promise.all(
    ['red', 'blue', 'green', 'white'].map(async (background, index) => {
      const image = await saveColour(join(folder, `${background}.png`), background);
      return { id: `q${index}`, image, question: QUESTION };
    }),
  );
});

const read = (_: string, response: string): ResponseReading => ({ claims: response !== '' });

function seedOf(key: string): number {
  return createHash('sha256').update(key).digest().readInt32LE(0) >>> 1;
}

/** Samples answers and scores their tokens by a rule. */
function rollOutBy(
  scoreOf: (tokens: readonly number[], text: string) => number,
  { samples, maxTokens }: { readonly samples: number; readonly maxTokens: number },
): RlStepOptions['rollOut'] {
  return async ({ policy, requests: asked, iteration }: RollOutInput): Promise<Rollout[]> => {
    const generator = createGenerator(policy);
    const wanted = asked.flatMap((request) =>
      Array.from({ length: samples }, (_, sample) => ({ request, sample })),
    );
    const prompt = policy.tokenizer.encode(QUESTION);
    const generations = await generator.generate(
      wanted.map(({ request, sample }, row) => ({
        image: request.image,
        prompt: QUESTION,
        maxTokens,
        temperature: 1,
        seed: seedOf(`${iteration}/${row}/${sample}`),
      })),
    );
    await generator.dispose();
    return generations.map(({ tokens, text }, row) => {
      const { request, sample } = wanted[row] as (typeof wanted)[number];
      return {
        image: request.image,
        group: request.id,
        rounds: [{ promptIds: prompt, tokens, score: scoreOf(tokens, text) }],
        trajectory: {
          id: `${request.id}/${sample}`,
          image: String(request.image),
          question: QUESTION,
          attempts: [{ response: text }],
          final: text,
          stop: 'accepted',
        },
      };
    });
  };
}

function options(more: Partial<RlStepOptions>): RlStepOptions {
  return {
    name: 'rl',
    model,
    requests,
    rollOut: rollOutBy(() => 0, { samples: 4, maxTokens: 1 }),
    questions: 4,
    minibatch: 8,
    epochs: 2,
    seed: 3,
    klCoefficient: 0,
    alarms: { read, evidence: join(folder, 'alarms.json'), limits: { length: 100, refusals: 1 } },
    ...more,
  };
}

const SCHEDULE = { learningRate: 1e-2, warmup: 0 };
/** What is learnt here is one word: bold updates find it within twelve iterations. */
const BOLD = { learningRate: 8e-2, warmup: 0 };

describe('a bandit whose best arm is known', () => {
  /** R: 1 for the second arm, 0 for the first, -1 for all else. */
  const scoreOf = (_: readonly number[], text: string): number =>
    text === 'two' ? 1 : text === 'one' ? 0 : -1;

  test.each(['ppo', 'grpo'] as const)('%s finds it', async (algorithm) => {
    const out = join(folder, `bandit-${algorithm}`);
    const step = createRlStep(
      options({ algorithm, rollOut: rollOutBy(scoreOf, { samples: 8, maxTokens: 1 }), minibatch: 16 }),
    );
    await train({ step, out, steps: 48, schedule: BOLD, logEvery: 1 });
    const lines = (await readMetrics(join(out, 'metrics.jsonl'))).filter(
      ({ parts }) => parts['reward'] !== undefined,
    );
    const rewards = lines.map(({ parts }) => parts['reward'] as number);
    expect(rewards[0]).toBeLessThan(-0.5);
    expect(rewards.at(-1)).toBeGreaterThan(0.9);
    // The first minibatch of an iteration is on the policy that sampled: nothing is clipped and the ratio is 1.
    expect(lines.every(({ parts }) => Math.abs((parts['ratio'] as number) - 1) < 1e-4)).toBe(true);
    expect(lines.every(({ parts }) => parts['clipFraction'] === 0)).toBe(true);
  });
});

test('first answers that a revision always mends are learned by a discount over rounds', async () => {
  const out = join(folder, 'discounted');
  const revision = { promptIds: model.tokenizer.encode('the revision'), tokens: [model.tokenizer.eosId] };
  const answers = rollOutBy((_, text) => (text === 'two' ? 1 : -1), { samples: 8, maxTokens: 1 });
  const step = createRlStep(
    options({
      roundDiscount: 0.5,
      rollOut: async (input) =>
        (await answers(input)).map((rollout) => ({
          ...rollout,
          rounds: [...rollout.rounds, { ...revision, score: 1 }],
        })),
      minibatch: 16,
    }),
  );
  await train({ step, out, steps: 48, schedule: BOLD, logEvery: 1 });
  const firsts = (await readMetrics(join(out, 'metrics.jsonl'))).flatMap(
    ({ parts }) => parts['firstReward'] ?? [],
  );
  expect(firsts[0]).toBeLessThan(-0.5);
  expect(firsts.at(-1)).toBeGreaterThan(0.9);
});

test.each(['ppo', 'grpo'] as const)(
  '%s logs what rounds gain, and what is subtracted from the reward',
  async (algorithm) => {
    const policy = compactPolicy(model);
    // Three trajectories of one, two and three rounds to a question, twice: means over trajectories, not over tokens.
    const scores = [[0.5], [-1, 1], [1, -0.5, 0]];
    const words = [['one'], ['two', 'three two'], ['three', 'one one two', 'choose']];
    const rolloutsOf = ({ id, image }: RolloutRequest): Rollout[] =>
      scores.map((of, sample) => ({
        ...{ image, group: id },
        rounds: of.map((score, round) => ({
          promptIds: model.tokenizer.encode(QUESTION),
          tokens: policy.encodeAnswer(words[sample]?.[round] ?? ''),
          score,
        })),
        trajectory: {
          ...{ id: `${id}/${sample}`, image: String(image), question: QUESTION },
          ...{ attempts: [], final: '', stop: 'accepted' },
        },
      }));
    const step = createRlStep(
      options({
        ...{ algorithm, questions: 2, minibatch: 6, klCoefficient: 0.3 },
        rollOut: async ({ requests: asked }) => asked.flatMap(rolloutsOf),
      }),
    );
    // Weights of now that are not those of the reference.
    const now = Object.fromEntries(
      Object.entries(step.weights).map(([name, { shape, data }]): [string, Weights[string]] => {
        const isMoved = name.startsWith('language_model.');
        const to = Float32Array.from(data, (x, i) => (isMoved ? x + 0.1 * Math.sin(7 * i) : x));
        return [name, { shape, dtype: 'float32', data: to }];
      }),
    );
    step.begin?.({ weights: async () => now });
    const { figures = {}, inputs } = await step.batch(1, {});
    await step.dispose?.();
    // Gains of 0, 2 and -1.
    expect(figures['gain']).toBeCloseTo(1 / 3, 6);
    if (algorithm === 'grpo') {
      expect(figures).not.toHaveProperty('klPenalty');
      return;
    }
    // All of the iteration's trajectories are in its first minibatch, one a row.
    const scorer = createFunction((weights, given) => ({ ...policy.scores(weights, given) }), {
      weights: now,
    });
    const totalUnder = async (weights: Weights): Promise<number> => {
      scorer.setWeights({ ...step.weights, ...weights });
      const { logProbs } = await scorer.run(inputs);
      return Array.from(logProbs?.data ?? []).reduce((sum, logProb) => sum + logProb, 0);
    };
    const penalty = (0.3 * ((await totalUnder(now)) - (await totalUnder(model.weights)))) / 6;
    await scorer.dispose();
    expect(Math.abs(penalty)).toBeGreaterThan(0.01);
    expect(figures['klPenalty']).toBeCloseTo(penalty, 4);
  },
);

test('questions of one image in one row make the update of rows of their own', async () => {
  const twice = requests
    .slice(0, 2)
    .flatMap((request) => ['a', 'b'].map((part) => ({ ...request, id: `${request.id}${part}` })));
  const promptIds = model.tokenizer.encode(QUESTION);
  const rounds = (id: string) => {
    const tokens = [...model.tokenizer.encode(id.endsWith('a') ? 'one two' : 'three'), model.tokenizer.eosId];
    const revision = { promptIds: [...promptIds, ...promptIds], tokens: tokens.slice(-1), score: 0.5 };
    return [{ promptIds, tokens, score: id.startsWith('q0') ? -1 : 1 }, ...(id === 'q0a' ? [revision] : [])];
  };
  const updated = async (
    questionsPerRow: number,
  ): Promise<{ weights: Weights; parts: MetricsLine['parts'] }> => {
    const out = join(folder, `rows-of-${questionsPerRow}`);
    const step = createRlStep(
      options({
        ...{ requests: twice, questionsPerRow, minibatch: 4, klCoefficient: 0.1 },
        rollOut: async ({ requests: asked }) =>
          asked.map(({ id, image }) => ({
            ...{ image, group: id, rounds: rounds(id) },
            trajectory: {
              id,
              image: String(image),
              question: QUESTION,
              attempts: [],
              final: id,
              stop: 'accepted',
            },
          })),
      }),
    );
    const { weights } = await train({ step, out, steps: 1, schedule: SCHEDULE, logEvery: 1 });
    return { weights, parts: (await readMetrics(join(out, 'metrics.jsonl')))[0]?.parts ?? {} };
  };
  const [apart, together] = [await updated(1), await updated(2)];
  for (const [name, value] of Object.entries(apart.parts))
    expect([name, together.parts[name]]).toEqual([name, expect.closeTo(value, 5)]);
  for (const [name, { data }] of Object.entries(apart.weights)) {
    const other = together.weights[name]?.data as Float32Array;
    const apartBy = Math.max(
      ...Array.from(data as Float32Array, (value, at) => Math.abs(value - (other[at] as number))),
    );
    expect([name, apartBy < 1e-4]).toEqual([name, true]);
  }
});

test('a short token task: the reward of a whole answer reaches its first tokens', async () => {
  // R counts the tokens of "three two" that are in their places, at the end of an answer: what follows a token
  // decides what it is worth.
  const best = model.tokenizer.encode('three two');
  const out = join(folder, 'tokens');
  const step = createRlStep(
    options({
      rollOut: rollOutBy(
        (tokens) => (2 * best.filter((token, at) => tokens[at] === token).length) / best.length - 1,
        { samples: 16, maxTokens: best.length },
      ),
      minibatch: 32,
      klCoefficient: 0.1,
    }),
  );
  // Four of four seeds come to it; at 5e-2 one ends, certain of itself, at another answer.
  const { weights } = await train({ step, out, steps: 60, schedule: { ...SCHEDULE, learningRate: 3e-2 } });
  const own = Object.fromEntries(
    Object.keys(model.weights).map((name) => [name, weights[name] as (typeof weights)[string]]),
  );
  const generator = createGenerator({ ...model, weights: own });
  const answers = await generator.generate(
    requests.map(({ image }) => ({ image, prompt: QUESTION, maxTokens: best.length })),
  );
  await generator.dispose();
  expect(answers.map(({ tokens }) => tokens)).toEqual(requests.map(() => best));
});

test('a run that is stopped between two updates of an iteration, or while it samples, goes on bit for bit', async () => {
  const sample = rollOutBy((tokens) => Math.sin(tokens[0] ?? 0), { samples: 4, maxTokens: 2 });
  const stepWith = (rollOut: RlStepOptions['rollOut']) =>
    createRlStep(options({ klCoefficient: 0.1, adaptiveKl: { target: 0.05, horizon: 100 }, rollOut }));
  // Two minibatches of eight, twice: the fifth update is the first of the second iteration.
  const run = { steps: 9, schedule: SCHEDULE };
  const whole = await expectResumes(() => stepWith(sample), { ...run, out: join(folder, 'whole') }, 6);

  const stop = new AbortController();
  const step = stepWith((input) => {
    if (input.iteration === 0) return sample(input);
    stop.abort();
    return Promise.reject(stop.signal.reason as Error);
  });
  const out = join(folder, 'sampling');
  expect(await train({ ...run, out, step, signal: stop.signal })).toMatchObject({ aborted: true, step: 4 });
  const resumed = await train({ ...run, out, step: stepWith(sample), resume: true });
  expect(await weightsSha256(resumed)).toBe(whole);
});

test('an iteration ends where the policy has moved too far', async () => {
  const out = join(folder, 'far');
  const step = createRlStep(
    options({
      maxKl: 1e-9,
      epochs: 4,
      rollOut: rollOutBy((tokens) => Math.cos(tokens[0] ?? 0), { samples: 4, maxTokens: 1 }),
    }),
  );
  await train({ step, out, steps: 6, schedule: SCHEDULE, logEvery: 1 });
  const lines = await readMetrics(join(out, 'metrics.jsonl'));
  // On the policy that sampled the KL is 0; after one update it is above the limit, and the next
  // batch is of new rollouts.
  expect(lines.map(({ parts }) => parts['reward'] !== undefined)).toEqual([
    true,
    false,
    true,
    false,
    true,
    false,
  ]);
});

test('a reward that is gamed ends the run, and the evidence stays', async () => {
  const evidence = join(folder, 'gamed.json');
  const step = createRlStep(
    options({
      // Pays for saying nothing.
      rollOut: rollOutBy((_, text) => (text === '' ? 1 : -1), { samples: 8, maxTokens: 2 }),
      minibatch: 16,
      alarms: { read, evidence, limits: { refusals: 0.3, length: 100 } },
    }),
  );
  await expect(train({ step, out: join(folder, 'gamed'), steps: 120, schedule: BOLD })).rejects.toThrow(
    'responses without a claim went from',
  );
  const kept = JSON.parse(await readFile(evidence, 'utf8')) as { trajectories: unknown[]; alarms: string[] };
  expect(kept.trajectories).toHaveLength(32);
  expect(kept.alarms).toHaveLength(1);
  // Two updates an iteration: what came before the one that gave the alarm is not lost.
  const last = await lastCheckpoint(join(folder, 'gamed'));
  expect(last).toMatch(/step-\d*[02468]$/);
});

test('a figure is compared from the first iteration that has enough of it', async () => {
  const evidence = join(folder, 'late.json');
  const finals = [
    // Too few yes/no answers for a share.
    [...Array<string>(10).fill('yes'), ...Array<string>(14).fill('one')],
    Array<string>(24).fill('no'),
    Array<string>(24).fill('yes'),
  ];
  const tokens = model.tokenizer.encode('one');
  const rollOut: RlStepOptions['rollOut'] = async ({ iteration, requests: asked }) =>
    (finals[iteration] ?? []).map((final, at) => {
      const { id: group, image } = asked[at % asked.length] as (typeof requests)[number];
      const attempts = [{ response: final }];
      const named = { id: `${at}`, image: String(image), question: QUESTION };
      return {
        ...{ image, group, rounds: [{ promptIds: model.tokenizer.encode(QUESTION), tokens, score: 0 }] },
        trajectory: { ...named, attempts, final, stop: 'accepted' as const },
      };
    });
  const step = createRlStep(
    options({
      rollOut,
      alarms: {
        read: (_, said) => ({ claims: true, yesNo: said === 'yes' || said === 'no' ? said : undefined }),
        evidence,
      },
    }),
  );
  const begin = (epoch: number) => step.batch(1, { rollouts: { epoch, position: 0 } });
  expect((await begin(0)).figures).not.toHaveProperty('yesRatio');
  expect((await begin(1)).figures).toMatchObject({ yesRatio: 0, alarms: 0 });
  const { figures, fault } = await begin(2);
  expect(figures).toMatchObject({ yesRatio: 1, alarms: 1 });
  expect(fault?.message).toContain('iteration 2 looks like reward hacking: yes-ratio went from 0.00 to 1.00');
  await step.dispose?.();
});

test('faults of the options are told at once', () => {
  expect(() =>
    createRlStep(
      options({
        questions: 9,
        epochs: 0,
        algorithm: 'grpo',
        adaptiveKl: { target: 0 },
        valueWeight: 0.1,
        roundDiscount: 1.5,
        questionsPerRow: 3,
      }),
    ),
  ).toThrow(
    'rl: epochs: expected an integer from 1, got 0; questions: expected at most the 4 there are, got 9; ' +
      'questionsPerRow: expected a divisor of questions (9) and minibatch (8), got 3; ' +
      'adaptiveKl.target: expected a number above 0, got 0; roundDiscount: expected a number from 0 to 1, got 1.5; ' +
      "questionsPerRow: expected with PPO alone: GRPO's loss has a mean over each response; " +
      "adaptiveKl: expected with PPO alone: GRPO's KL is in its loss; " +
      "roundDiscount: expected with PPO alone: GRPO's advantages are of the last response; " +
      'valueWeight: expected with PPO alone: GRPO has no value head',
  );
  expect(() => createRlStep(options({ klCoefficient: 0, adaptiveKl: { target: 0.05 } }))).toThrow(
    'rl: adaptiveKl: expected a klCoefficient above 0 to adapt, got 0',
  );
  const alarms = { read, evidence: '', limits: { length: 0.5, yesRatio: Number.NaN } };
  expect(() => createRlStep(options({ clip: -1, valueWeight: Number.NaN, alarms }))).toThrow(
    'rl: clip: expected a number above 0 and below 1, got -1; valueWeight: expected a number from 0, got NaN; ' +
      'alarms.limits.length: expected a factor from 1, got 0.5; alarms.limits.yesRatio: expected a number from 0, got NaN',
  );
  expect(() => createRlStep(options({ requests: [] }))).toThrow('expected questions to answer, got none');
});

test('no iteration asks a question twice, wherever a pass over them ends', async () => {
  const asked: string[][] = [];
  const rollOut = rollOutBy(() => 0, { samples: 2, maxTokens: 1 });
  const step = createRlStep(
    options({
      questions: 3,
      minibatch: 6,
      epochs: 1,
      rollOut: (input) => {
        asked.push(input.requests.map(({ id }) => id));
        return rollOut(input);
      },
    }),
  );
  let cursors: Batch['next'] = {};
  for (let update = 1; update <= 8; update++) ({ next: cursors } = await step.batch(update, cursors));
  await step.dispose?.();
  expect(asked).toHaveLength(8);
  for (const ids of asked) expect(new Set(ids).size).toBe(3);
  expect(new Set(asked.flat()).size).toBe(requests.length);
});

test.each([
  ['another question', { samples: 2, rename: 'other' }, '4 trajectories whose group is'],
  ['one sample of each', { samples: 1, rename: undefined }, 'sample at least 2'],
])('rollouts of %s are refused', async (_, { samples, rename }, message) => {
  const sample = rollOutBy(() => 0, { samples, maxTokens: 1 });
  const rollOut: RlStepOptions['rollOut'] = async (input) => {
    const rollouts = await sample(input);
    return rename === undefined
      ? rollouts
      : rollouts.map((each, i) => (i < 4 ? { ...each, group: rename } : each));
  };
  const step = createRlStep(options({ algorithm: 'grpo', minibatch: 4, rollOut }));
  const out = join(folder, `refused-${samples}`);
  await expect(train({ step, out, steps: 1, schedule: SCHEDULE })).rejects.toThrow(message);
});

test('a run that samples in another way is another run', async () => {
  const run = { out: join(folder, 'identity'), steps: 2, stopAt: 1, schedule: SCHEDULE, resume: true };
  await train({ ...run, step: createRlStep(options({ sampling: { critic: 'a' } })) });
  await expect(train({ ...run, step: createRlStep(options({ sampling: { critic: 'b' } })) })).rejects.toThrow(
    'these differ: step.sampling.critic',
  );
});

test('what is sampled has the probabilities that updates compute, among the tokens that are written, with either connector', async () => {
  const withQFormer = withHeads(model, { q_former: { num_query_tokens: 4 } }, 1);
  const [{ image }] = requests as [RolloutRequest];
  for (const each of [model, withQFormer]) {
    const { tokenizer } = each;
    const generator = createGenerator(each);
    const prompts = ['choose one', 'choose one', 'choose one', QUESTION, 'three choose'];
    const said = await generator.generate(
      prompts.map((prompt, seed) => ({ image, prompt, maxTokens: 4, temperature: 1, seed })),
    );
    await generator.dispose();
    const policy = compactPolicy(each);
    const scorer = createFunction((weights, inputs) => ({ ...policy.scores(weights, inputs) }), {
      weights: each.weights,
    });
    const scoresOf = async (rounds: Rollout['rounds']): Promise<number[]> => {
      const inputs = await policy.inputs([{ image, rounds }], 256);
      const { logProbs } = await scorer.run({ ...inputs });
      return [...(gatherFromTokens(inputs.targetMask, logProbs?.data as Float32Array)[0] ?? [])];
    };
    const scored = await scoresOf(
      said.map(({ tokens }, i) => ({
        promptIds: tokenizer.encode(prompts[i] as string),
        tokens,
        score: 0,
      })),
    );
    const sampled = said.flatMap(({ logprobs }) => logprobs);
    expect(scored).toHaveLength(sampled.length);
    // What the generator calls a token's probability is among all tokens, those too that it never says: at
    // one place the same share is missing, whatever was said.
    const shares = sampled.map((logprob, i) => Math.exp(logprob - (scored[i] as number)));
    for (const share of shares) expect(share).toBeLessThan(0.99);
    const firsts = said.slice(0, 3).map((_, i) => {
      const before = said.slice(0, i).reduce((sum, { tokens }) => sum + tokens.length, 0);
      return shares[before] as number;
    });
    for (const share of firsts) expect(share).toBeCloseTo(firsts[0] as number, 4);
    const never = [tokenizer.padId, tokenizer.imageId];
    const written = Array.from({ length: tokenizer.size }, (_, token) => token).filter(
      (token) => !never.includes(token),
    );
    const [prompt] = prompts as [string];
    const all = await scoresOf(
      written.map((token) => ({ promptIds: tokenizer.encode(prompt), tokens: [token], score: 0 })),
    );
    await scorer.dispose();
    expect(all.reduce((sum, logProb) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 4);
  }
});
