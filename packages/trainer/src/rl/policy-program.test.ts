import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFunction, type HostTensor, type Weights } from '@fgam/compile';
import { createRandom } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import { beforeAll, expect, test } from 'vitest';
import { differentiated } from '../../../models/src/gradients.test-support.js';
import { createTinyModel, saveColour } from '../tiny-model.test-support.js';
import { gatherFromTokens } from './collate-rollouts.js';
import { compactPolicy } from './compact-policy.js';
import type { Policy, PolicyRow } from './policy.js';
import { grpoProgram, ppoProgram } from './policy-program.js';
import type { BufferRow } from './rollout-buffer.js';
import { updateInputs } from './update-inputs.js';
import { createValueHead, VALUE_HEAD } from './value-head.js';

const [CLIP, VALUE_CLIP, VALUE_WEIGHT, BETA] = [0.2, 0.2, 0.7, 0.5];
/** Of a slope; in a direction at random each term of the loss has more than five times this share of it. */
const TOLERANCE = 0.01;

/** Weights of which the one is moved that counts most. */
const OF_POLICY = [
  'language_model.model.embed_tokens.weight',
  'language_model.model.layers.0.self_attn.v_proj.weight',
  'language_model.model.norm.weight',
  'multi_modal_projector.linear_2.weight',
  'vision_tower.vision_model.encoder.layers.0.mlp.fc2.weight',
];
const OF_VALUE_HEAD = [
  [`${VALUE_HEAD}.weight`, 0],
  [`${VALUE_HEAD}.weight`, 5],
  [`${VALUE_HEAD}.bias`, 0],
] as const;

const PROGRAMS = {
  ppo: (scores: Policy<FgamModel>['scores']) => ppoProgram(scores, { clip: CLIP, valueWeight: VALUE_WEIGHT }),
  grpo: (scores: Policy<FgamModel>['scores']) => grpoProgram(scores, { clip: CLIP, beta: BETA }),
} as const;
type Algorithm = keyof typeof PROGRAMS;

/** What the policy says of a row's written tokens. */
interface RowScores {
  readonly logProbs: readonly number[];
  readonly values: readonly number[];
}

let policy: Policy<FgamModel>;
let rows: readonly PolicyRow[];
let weights: Weights;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-policy-program-'));
  const model = createTinyModel(['is there a dot ?', 'describe the image .', 'a red dot', 'a blue dot']);
  policy = compactPolicy(model);
  // Trajectories of different lengths: a mean over tokens is not one over responses.
  const said = [
    [
      ['is there a dot ?', 'a red dot'],
      ['describe the image .', 'the image is a red dot .'],
    ],
    [['describe the image .', 'a blue dot .']],
  ] as const;
  rows = await Promise.all(
    said.map(async (rounds, row) => ({
      image: await saveColour(join(folder, `${row}.png`), row === 0 ? 'red' : 'blue'),
      rounds: rounds.map(([prompt, answer]) => ({
        promptIds: model.tokenizer.encode(prompt),
        tokens: [...model.tokenizer.encode(answer), model.tokenizer.eosId],
        score: 0,
      })),
    })),
  );
  // A head that begins with zeros would keep the value loss from the policy's weights.
  const random = createRandom('value head');
  const head = Object.entries(createValueHead(policy.width)).map(
    ([name, { shape, data }]) =>
      [name, { shape, dtype: 'float32', data: Float32Array.from(data, () => random.float() - 0.5) }] as const,
  );
  weights = { ...policy.weights, ...Object.fromEntries(head) };
});

function cycled(values: readonly number[], at: number): number {
  return values[at % values.length] as number;
}

function clamp(value: number, from: number, to: number): number {
  return Math.min(to, Math.max(from, value));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function numbersOf(tensor: HostTensor | undefined): number[] {
  return Array.from(tensor?.data ?? []);
}

/**
 * What a rollout would have left: tokens that became more likely than the clip range has it, less likely, or
 * neither, each with an advantage above and below 0; values likewise. All of them far from where a clip begins.
 */
function bufferOf(scores: readonly RowScores[], algorithm: Algorithm): BufferRow[] {
  return scores.map(({ logProbs, values }, row) => {
    const oldValues = values.map((value, t) => value - cycled([0.05, 0.5, -0.5], t));
    return {
      item: row,
      rounds: (rows[row] as PolicyRow).rounds,
      oldLogProbs: logProbs.map((logProb, t) => logProb - cycled([0.6, 0.05, -0.6], t)),
      referenceLogProbs: logProbs.map((logProb, t) => logProb + cycled([0.4, -0.7, 0.9, 0.2], t)),
      oldValues,
      advantages: logProbs.map((_, t) =>
        algorithm === 'ppo' ? cycled([1, 0.8, 1.2, -0.7, -0.5, -0.9], t) : cycled([1.2, -0.8], row),
      ),
      returns: values.map((value, t) => value + cycled([1, 0.8, 1.2, -0.9, -0.6, -0.7], t)),
    };
  });
}

/** The two terms of the loss in plain numbers, as `policyLoss`, `valueLoss` and `grpoLoss` say that they are. */
function plainTerms(
  buffer: readonly BufferRow[],
  scores: readonly RowScores[],
  algorithm: Algorithm,
): readonly number[] {
  const terms = buffer.map(({ oldLogProbs, referenceLogProbs, oldValues, advantages, returns }, row) => {
    const { logProbs, values } = scores[row] as RowScores;
    return logProbs.map((logProb, t) => {
      const [advantage = 0, oldValue = 0, value = 0, goal = 0] = [advantages, oldValues, values, returns].map(
        (of) => of[t],
      );
      const ratio = Math.exp(logProb - (oldLogProbs[t] as number));
      const gap = (referenceLogProbs[t] as number) - logProb;
      const near = oldValue + clamp(value - oldValue, -VALUE_CLIP, VALUE_CLIP);
      return {
        policy: -Math.min(ratio * advantage, clamp(ratio, 1 - CLIP, 1 + CLIP) * advantage),
        value: (VALUE_WEIGHT / 2) * Math.max((value - goal) ** 2, (near - goal) ** 2),
        penalty: BETA * (Math.exp(gap) - gap - 1),
      };
    });
  });
  // PPO: a mean over all tokens. GRPO: over a response's, and then over responses.
  return algorithm === 'ppo'
    ? (['policy', 'value'] as const).map((name) => mean(terms.flat().map((term) => term[name])))
    : (['policy', 'penalty'] as const).map((name) =>
        mean(terms.map((row) => mean(row.map((term) => term[name])))),
      );
}

type Direction = Readonly<Record<string, readonly number[]>>;

/** A direction of length 1 through all weights of these names. */
function randomDirection(names: readonly string[], seed: string): Direction {
  const random = createRandom(seed);
  const entries = names.map((name) => numbersOf(weights[name]).map(() => random.float() - 0.5));
  const length = Math.hypot(...entries.flat());
  return Object.fromEntries(names.map((name, i) => [name, (entries[i] ?? []).map((x) => x / length)]));
}

/** One weight: the one by which the loss changes most, unless it is told which. */
function singleWeight(name: string, gradients: Weights, at?: number): Direction {
  const sizes = numbersOf(gradients[name]).map(Math.abs);
  const chosen = at ?? sizes.indexOf(Math.max(...sizes));
  return { [name]: sizes.map((_, i) => (i === chosen ? 1 : 0)) };
}

function moved(direction: Direction, by: number): Weights {
  const changed = Object.entries(direction).map(([name, along]): [string, HostTensor] => {
    const { shape } = weights[name] as HostTensor;
    const data = Float32Array.from(numbersOf(weights[name]), (x, i) => x + by * (along[i] as number));
    return [name, { shape, dtype: 'float32', data }];
  });
  return { ...weights, ...Object.fromEntries(changed) };
}

/** The slope along a direction that gradients say. */
function slopeBy(gradients: Weights, direction: Direction): number {
  const products = Object.entries(direction).flatMap(([name, along]) =>
    numbersOf(gradients[name]).map((gradient, i) => gradient * (along[i] as number)),
  );
  return sum(products);
}

test.each<Algorithm>(['ppo', 'grpo'])(
  'gradients of the whole program of %s are those of finite differences, and its loss that of plain numbers',
  async (algorithm) => {
    const loss = PROGRAMS[algorithm](policy.scores);
    const collated = await policy.inputs(rows, 64);
    const scoresOf = (found: Readonly<Record<string, HostTensor>>): RowScores[] => {
      const [logProbs = [], values = []] = ['logProbs', 'values'].map((name) =>
        gatherFromTokens(collated.targetMask, Float32Array.from(numbersOf(found[name]))),
      );
      return logProbs.map((row, at) => ({ logProbs: [...row], values: [...(values[at] ?? [])] }));
    };
    const scorer = createFunction((all, given) => ({ ...policy.scores(all, given) }), { weights });
    const buffer = bufferOf(scoresOf(await scorer.run(collated)), algorithm);
    await scorer.dispose();
    const inputs = updateInputs(buffer, collated, algorithm);

    const trainable = (name: string): boolean => policy.trainable(name) || name.startsWith(VALUE_HEAD);
    const differentiable = differentiated(loss, { weights, trainable });
    const { parts, gradients } = await differentiable.gradients(inputs);
    await differentiable.dispose();
    expect(parts['clipFraction']).toBeGreaterThan(0.5);
    expect(parts['clipFraction']).toBeLessThan(0.8);

    const program = createFunction(
      (all, given) => ({ total: loss(all, given).total, ...policy.scores(all, given) }),
      { weights },
    );
    /** The loss at given weights, and its terms in plain numbers. */
    const lossAt = async (at: Weights) => {
      program.setWeights(at);
      const found = await program.run(inputs);
      const [total = Number.NaN] = numbersOf(found['total']);
      const terms = plainTerms(buffer, scoresOf(found), algorithm);
      expect(total).toBeCloseTo(sum(terms), 4);
      return { total, terms };
    };
    const slopesAlong = async (direction: Direction, epsilon: number) => {
      const above = await lossAt(moved(direction, epsilon));
      const below = await lossAt(moved(direction, -epsilon));
      return {
        slope: (above.total - below.total) / (2 * epsilon),
        ofTerms: above.terms.map((term, i) => (term - (below.terms[i] as number)) / (2 * epsilon)),
      };
    };
    for (const seed of ['one', 'two']) {
      const direction = randomDirection(Object.keys(gradients), seed);
      const { slope, ofTerms } = await slopesAlong(direction, 0.03);
      expect(Math.abs(slopeBy(gradients, direction) / slope - 1), seed).toBeLessThan(TOLERANCE);
      for (const term of ofTerms) expect(Math.abs(term / slope), seed).toBeGreaterThan(5 * TOLERANCE);
    }
    const singles = [
      ...OF_POLICY.map((name) => [name] as const),
      ...(algorithm === 'ppo' ? OF_VALUE_HEAD : []),
    ] satisfies (readonly [name: string, at?: number])[];
    for (const [name, at] of singles) {
      const direction = singleWeight(name, gradients, at);
      const { slope } = await slopesAlong(direction, 0.006);
      expect(Math.abs(slope), name).toBeGreaterThan(1e-3);
      expect(Math.abs(slopeBy(gradients, direction) / slope - 1), name).toBeLessThan(TOLERANCE);
    }
    await program.dispose();
  },
);
