import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '@fgam/data';
import { fileSha256, lastCheckpoint, type MetricsLine, readMetrics } from '@fgam/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fgamJson, killWhen, sceneWorkshop } from './command.test-support.js';

/** Moments are the same in every run but for what the system adds; `npm run test:long` draws others. */
const { FGAM_FUZZ_SEED = '1' } = process.env;
const seed = FGAM_FUZZ_SEED === 'random' ? String(Date.now()) : FGAM_FUZZ_SEED;
/** Kills that miss their moment, on a machine whose cores are all at work, before a test gives up. */
const ATTEMPTS = 5;
/** Updates between checkpoints; lines of SFT and DPO tell of ten, so that kills cut some in two. */
const SAVE_EVERY = 4;
/** Updates of an iteration of RL: 8 questions, each asked twice, two trajectories an update, each twice. */
const ITERATION = 16;

const schedule = { learningRate: 0.003 };
const HYBRID = {
  data: 'scenes',
  model: 'tiny',
  sft: { steps: 30, batchSize: 4, corrections: { share: 0.5 }, saveEvery: SAVE_EVERY, schedule },
  rl: {
    ...{ steps: 3 * ITERATION, saveEvery: SAVE_EVERY, schedule, critic: 'oracle' },
    ...{ kinds: ['existence', 'spatial'], questions: 8, samples: 2, minibatch: 2, epochs: 2, maxTokens: 8 },
    // What an iteration has in store for the next beside its rollouts.
    adaptiveKl: { target: 0.01, horizon: 100 },
  },
};
const DPO = {
  ...{ data: 'corrections', images: 'scenes', model: 'tiny' },
  ...{ steps: 50, batchSize: 2, saveEvery: SAVE_EVERY, schedule },
};

/** A moment to kill a run at. */
interface Moment {
  readonly stage: 'hybrid' | 'dpo';
  /** What the run is doing then. */
  readonly doing: string;
  /** Folder of the part that is under way. */
  readonly part: string;
  /** Updates of it that a checkpoint has when the kill is sent, and milliseconds after that. */
  readonly draw: (random: Random) => { readonly updates: number; readonly milliseconds: number };
  /** Whether a run that was killed was doing that. */
  readonly wasDoing: (out: string, updates: number) => Promise<boolean>;
}

const linesOf = (out: string, part: string): Promise<readonly MetricsLine[]> =>
  readMetrics(join(out, part, 'metrics.jsonl'));

const MOMENTS: readonly Moment[] = [
  {
    stage: 'hybrid',
    doing: 'tunes',
    part: 'sft',
    draw: (random) => ({ updates: SAVE_EVERY * random.int(1, 4), milliseconds: random.int(0, 20) }),
    wasDoing: async (out) => !existsSync(join(out, 'rl')),
  },
  {
    stage: 'hybrid',
    doing: 'samples an iteration',
    part: 'rl',
    draw: (random) => ({ updates: ITERATION * random.int(1, 2), milliseconds: random.int(0, 40) }),
    wasDoing: async (out, updates) => (await linesOf(out, 'rl')).length === updates,
  },
  {
    stage: 'hybrid',
    doing: 'updates by what it sampled',
    part: 'rl',
    draw: (random) => ({
      updates: ITERATION * random.int(1, 2) + SAVE_EVERY * random.int(1, 2),
      milliseconds: random.int(0, 20),
    }),
    wasDoing: async (out) => (await linesOf(out, 'rl')).length % ITERATION > 0,
  },
  {
    stage: 'dpo',
    doing: 'prefers',
    part: '.',
    draw: (random) => ({ updates: SAVE_EVERY * random.int(1, 6), milliseconds: random.int(0, 20) }),
    wasDoing: async (out) => !existsSync(join(out, 'model')),
  },
];

let folder: string;
/** What runs that were never stopped came to. */
const straight = new Map<Moment['stage'], unknown>();

/** All files of the last checkpoint of each part and its model by their SHA-256, and metrics without times. */
async function outcomeOf(out: string, stage: Moment['stage']): Promise<unknown> {
  const parts = (stage === 'hybrid' ? ['sft', 'rl'] : ['.']).map(async (part) => {
    const checkpoint = (await lastCheckpoint(join(out, part))) ?? '';
    const files = [
      ...(await readdir(checkpoint)).sort().map((name) => join(checkpoint, name)),
      join(out, part, 'model', 'model.safetensors'),
    ];
    const lines = (await linesOf(out, part)).map(({ step, loss, parts, gradientNorm, learningRate }) => ({
      ...{ step, loss, parts, gradientNorm, learningRate },
    }));
    const sha256 = await Promise.all(
      files.map(async (path) => [basename(path), await fileSha256(path)] as const),
    );
    return { part, checkpoint: basename(checkpoint), sha256, lines };
  });
  return Promise.all(parts);
}

const command = (stage: Moment['stage'], out: string): string[] => [
  ...['train', stage, '--config', join(folder, `${stage}.json`), '--out', out],
];

async function savedUpdates(out: string, part: string): Promise<number> {
  const at = join(out, part);
  const last = existsSync(at) ? await lastCheckpoint(at) : undefined;
  return Number(basename(last ?? 'step-0').slice('step-'.length));
}

/** Kills a run of its own process at such a moment; true where it came to it. */
async function killAt({ stage, doing, part, draw, wasDoing }: Moment, out: string, random: Random) {
  const { updates, milliseconds } = draw(random);
  await killWhen(command(stage, out), async () => {
    if ((await savedUpdates(out, part)) < updates) return false;
    await delay(milliseconds);
    return true;
  });
  const isHit = await wasDoing(out, updates);
  console.log(
    `${stage}, seed ${seed}: killed ${milliseconds} ms after the checkpoint of ${part} at ${updates}; the last is at ${await savedUpdates(out, part)}, lines ${(await linesOf(out, part)).length}: ${isHit ? '' : 'not '}while it ${doing}`,
  );
  return isHit;
}

beforeAll(async () => {
  folder = await sceneWorkshop(8);
  await fgamJson('data', 'trajectories', join(folder, 'scenes'), '--out', join(folder, 'corrections'));
  for (const [stage, config] of [['hybrid', HYBRID] as const, ['dpo', DPO] as const]) {
    await writeFile(join(folder, `${stage}.json`), JSON.stringify({ ...config, out: stage }));
    const out = join(folder, `${stage}-straight`);
    expect(await fgamJson(...command(stage, out))).toMatchObject({ stage });
    straight.set(stage, await outcomeOf(out, stage));
  }
});
afterAll(() => rm(folder, { recursive: true }));

test.each(MOMENTS)(
  '$stage that is killed while it $doing ends, resumed, in the bytes and lines of a run that was never stopped',
  async (moment) => {
    const { stage, doing } = moment;
    const out = join(folder, 'killed');
    const random = createRandom(`${seed}/${doing}`);
    let isHit = false;
    for (let attempt = 0; attempt < ATTEMPTS && !isHit; attempt += 1) {
      await rm(out, { recursive: true, force: true });
      isHit = await killAt(moment, out, random);
    }
    expect(isHit).toBe(true);
    expect(await fgamJson(...command(stage, out), '--resume')).toMatchObject({ stage });
    expect(await outcomeOf(out, stage)).toEqual(straight.get(stage));
  },
);
