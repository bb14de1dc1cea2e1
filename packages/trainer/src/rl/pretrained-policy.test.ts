import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFunction, type HostTensor, type Weights } from '@fgam/compile';
import type { Critic } from '@fgam/data';
import {
  type Adapter,
  answerBatch,
  answerTokens,
  createAdapter,
  createPretrainedGenerator,
  imageBatch,
  isAdapterWeight,
  loadPretrained,
  type PretrainedModel,
  pretrainedLogits,
  promptWithImages,
  withAdapter,
} from '@fgam/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../metrics.js';
import { saveColour } from '../tiny-model.test-support.js';
import { train } from '../train.js';
import { expectResumes } from '../expect-resumes.test-support.js';
import { collectRollouts } from './collect-rollouts.js';
import { createDpoStep, type PreferencePair } from './dpo-step.js';
import type { Policy } from './policy.js';
import { type AdaptedModel, createPretrainedPolicy } from './pretrained-policy.js';
import { createRlStep } from './rl-step.js';
import type { RlStepOptions } from './rl-step-options.js';
import { readMemory } from './rl-memory.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../models/test-fixtures/${name}`, import.meta.url));
let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'fgam-adapted-'));
});
afterAll(() => rm(out, { recursive: true }));

/** Refuses every response but those with an even number of characters. */
const critic: Critic = {
  name: 'even',
  critique: async (requests) =>
    requests.map(({ response }) =>
      response.length % 2 === 0
        ? { verdict: 'accept' }
        : { verdict: 'revise', issues: [{ kind: 'object', claim: response }], text: 'object : wrong' },
    ),
};
const SCHEDULE = { learningRate: 1e-2, warmup: 0 };
const BETA = 0.5;

describe.each(['tiny-llava', 'tiny-instructblip'])('%s with an adapter', (name) => {
  let model: PretrainedModel;
  let policy: Policy<AdaptedModel>;
  let images: string[];
  beforeAll(async () => {
    model = await loadPretrained(fixture(name), { weights: 'files' });
    // Another than a new one, whose B of zeros has no gradient for A.
    const fresh = createAdapter(model.family, { rank: 2, targets: ['q_proj', 'v_proj'], seed: 5 });
    policy = await createPretrainedPolicy({ model, adapter: shaken(fresh) });
    images = await Promise.all(
      ['red', 'blue'].map((colour) =>
        saveColour(join(out, `${name}-${colour}.png`), colour, { width: 40, height: 30 }),
      ),
    );
  });

  const format = (question: string, revision?: { readonly response: string; readonly feedback: string }) =>
    promptWithImages(model, revision === undefined ? question : `${question} ${revision.feedback}`, 1);

  const rollOut: RlStepOptions<AdaptedModel>['rollOut'] = async ({ policy: now, requests, iteration }) => {
    const generator = createPretrainedGenerator(withAdapter(now.model, now.adapter));
    const rollouts = await collectRollouts({
      generator,
      tokenizer: { format, encode: policy.encode },
      critic,
      requests,
      samples: 2,
      rounds: 1,
      maxTokens: 4,
      seed: iteration,
      scoreOf: (_, { response }) => Math.sin(response.length),
    });
    await generator.dispose();
    return rollouts;
  };
  const stepOf = (more: Partial<RlStepOptions<AdaptedModel>> = {}) =>
    createRlStep<AdaptedModel>({
      name: 'rl',
      model: policy,
      requests: images.map((image, i) => ({ id: `q${i}`, image, question: 'what is it?' })),
      rollOut,
      questions: 2,
      minibatch: 3,
      epochs: 2,
      seed: 3,
      alarms: {
        read: () => ({ claims: true }),
        evidence: join(out, 'alarms.json'),
        limits: { length: 100, refusals: 1 },
      },
      ...more,
    });

  it.each(['ppo', 'grpo'] as const)('%s moves the adapter alone, from a ratio of 1', async (algorithm) => {
    const folder = join(out, `${name}-${algorithm}`);
    const { weights } = await train({
      step: stepOf({ algorithm }),
      out: folder,
      steps: 2,
      schedule: SCHEDULE,
      logEvery: 1,
    });
    const [first] = await readMetrics(join(folder, 'metrics.jsonl'));
    expect(first?.parts['ratio']).toBeCloseTo(1, 5);
    expect(first?.parts).toMatchObject({ clipFraction: 0, klOfRollouts: 0 });
    const moved = Object.keys(weights).filter((key) => !isSame(weights[key], policy.weights[key]));
    expect(moved.filter(isAdapterWeight)).toHaveLength(
      Object.keys(policy.weights).filter(isAdapterWeight).length,
    );
    const others = moved.filter((key) => !isAdapterWeight(key));
    expect(others.sort()).toEqual(
      algorithm === 'ppo' ? ['fgam.value_head.bias', 'fgam.value_head.weight'] : [],
    );
    // No weight of the base is in memory: the reference is the same files.
    expect(Object.keys(weights).every((key) => policy.stored?.tensors[key] === undefined)).toBe(true);
  });

  it('computes for what was sampled what the generator said of it, round by round', async () => {
    const said: number[][] = [];
    const step = stepOf({
      rollOut: async (input) => {
        const generator = createPretrainedGenerator(withAdapter(input.policy.model, input.policy.adapter));
        const rollouts = await rollOut(input);
        for (const { rounds } of rollouts)
          for (const { promptIds, tokens } of rounds) {
            expect(promptIds.length).toBeGreaterThan(4);
            expect(tokens.length).toBeGreaterThan(0);
          }
        const prompts = rollouts.map(({ image }) => ({ image, prompt: format('what is it?') }));
        // What is sampled with the same seed again, this time with its log-probabilities.
        const again = await generator.generate(
          prompts.map((request, i) => ({
            ...request,
            maxTokens: 4,
            temperature: 1,
            seed: seedOf(rollouts[i]?.trajectory.id ?? ''),
          })),
        );
        said.push(...again.map(({ logprobs }) => [...logprobs]));
        await generator.dispose();
        return again.map(({ tokens }, i) => {
          const rollout = rollouts[i] as (typeof rollouts)[number];
          const [round] = rollout.rounds as [(typeof rollout.rounds)[number]];
          return { ...rollout, rounds: [{ ...round, tokens }] };
        });
      },
    });
    step.begin?.({ weights: () => Promise.resolve(step.weights) });
    await step.batch(1, {});
    const { rows } = readMemory(step.memory?.());
    expect(rows).toHaveLength(said.length);
    for (const [i, { oldLogProbs }] of rows.entries())
      for (const [t, logprob] of oldLogProbs.entries()) expect(logprob).toBeCloseTo(said[i]?.[t] ?? 0, 4);
    await step.dispose?.();
  });

  it('goes on bit for bit where it was stopped between two updates of an iteration', () =>
    // Two updates an iteration: the second one begins with the third.
    expectResumes(stepOf, { out: join(out, `${name}-resumed`), steps: 5, schedule: SCHEDULE }, 3));

  it("has DPO's loss, as computed by hand from the logits of each response, and goes on bit for bit", async () => {
    const pairs = images.map(
      (image, i): PreferencePair => ({
        image,
        prompt: format('what is it?'),
        chosen: i === 0 ? 'red' : 'blue thing',
        rejected: i === 0 ? 'blue thing' : 'red',
      }),
    );
    const step = () =>
      createDpoStep({ name: 'dpo', model: policy, pairs, batchSize: 2, seed: 1, beta: BETA });
    const folder = join(out, `${name}-dpo`);
    let after: Weights = {};
    const onCheckpoint = async (done: number, weights: Weights): Promise<void> => {
      // Those of the next update are written over them.
      if (done === 2) after = structuredClone<Weights>(weights);
    };
    await expectResumes(step, { out: folder, steps: 3, schedule: SCHEDULE, logEvery: 1, onCheckpoint }, 2);
    const lines = await readMetrics(join(folder, 'metrics.jsonl'));
    expect(lines[0]?.loss).toBeCloseTo(Math.log(2), 5);
    const now = await sumsOf(pairs, after);
    const before = await sumsOf(pairs, policy.weights);
    const losses = pairs.map((_, i) => {
      const gain = (of: 'chosen' | 'rejected') => (now[i]?.[of] ?? 0) - (before[i]?.[of] ?? 0);
      return Math.log(1 + Math.exp(-BETA * (gain('chosen') - gain('rejected'))));
    });
    const mean = losses.reduce((sum, each) => sum + each, 0) / losses.length;
    expect(mean).toBeLessThan(0.6);
    expect(lines[2]?.loss).toBeCloseTo(mean, 4);
  });

  /** log p of each response of each pair, one row alone at a time. */
  async function sumsOf(pairs: readonly PreferencePair[], weights: Weights) {
    const { family, processor, stored } = model;
    const logits = createFunction((all, inputs) => ({ logits: pretrainedLogits(family, all, inputs) }), {
      weights,
      ...(stored === undefined ? {} : { stored }),
    });
    const sums = [];
    for (const pair of pairs) {
      const prepared = await processor.prepare(pair.image);
      const sumOf = async (answer: string): Promise<number> => {
        const tokens = answerTokens(model, { prompt: pair.prompt, answer }, [family.visualExtent(prepared)]);
        const { inputs, places } = imageBatch(family, [prepared], { instructions: [tokens.instruction] });
        const texts = Object.entries(answerBatch([{ ...tokens, images: places }], family));
        const read = Object.fromEntries(texts.filter(([name]) => name !== 'mask'));
        const found = (await logits.run({ ...inputs, ...read }))['logits'];
        const size = family.config.text_config.vocab_size;
        return tokens.answerIds.reduce((sum, token, i) => {
          const at = (tokens.promptIds.length + i - 1) * size;
          const row = Array.from(found?.data.slice(at, at + size) ?? []);
          return sum + (row[token] ?? 0) - Math.log(row.reduce((total, x) => total + Math.exp(x), 0));
        }, 0);
      };
      sums.push({ chosen: await sumOf(pair.chosen), rejected: await sumOf(pair.rejected) });
    }
    await logits.dispose();
    return sums;
  }
});

it('refuses a checkpoint whose answers end with a text', async () => {
  const model = await loadPretrained(fixture('tiny-minigpt4'), { weights: 'files' });
  const adapter = createAdapter(model.family, { rank: 1 });
  await expect(createPretrainedPolicy({ model, adapter })).rejects.toThrow(/end with a token, got .*"###"/);
});

function seedOf(id: string): number {
  return createHash('sha256').update(id).digest().readInt32LE(0) >>> 1;
}

function isSame(a: HostTensor | undefined, b: HostTensor | undefined): boolean {
  return a !== undefined && b !== undefined && a.data.every((x, i) => x === b.data[i]);
}

/** An adapter whose B is not zero. */
function shaken(adapter: Adapter): Adapter {
  const weights = Object.entries(adapter.weights).map(([key, { shape, data }]): [string, HostTensor] => [
    key,
    { shape, dtype: 'float32', data: Float32Array.from(data, (x, i) => x + 0.05 * Math.sin(7 * i)) },
  ]);
  return { ...adapter, weights: Object.fromEntries(weights) };
}
