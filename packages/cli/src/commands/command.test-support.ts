import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HostTensor } from '@fgam/compile';
import { sceneWords, writeScenes } from '@fgam/data';
import {
  compactConfig,
  createTokenizer,
  createWeights,
  type FgamModel,
  saveModel,
  vocabularyFromTexts,
} from '@fgam/models';
import { feedbackWords } from '@fgam/rectifier';
import { expect, vi } from 'vitest';
import { runProgram } from '../program.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const program = fileURLToPath(new URL('../index.ts', import.meta.url));

/** What a command printed and how it ended. */
export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as a shell would, with what it prints. */
export async function fgam(...args: readonly string[]): Promise<CommandRun> {
  const printed = { out: '', err: '' };
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(name === 'out' ? process.stdout : process.stderr, 'write').mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runProgram(args), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Runs a command with `--json` and reads what it printed. */
export async function fgamJson(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { out } = await fgam(...args, '--json');
  return JSON.parse(out) as Record<string, unknown>;
}

/** A temporary folder. */
export function temporary(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `fgam-${name}-`));
}

/**
 * An untrained model of a few thousand parameters with the words of scenes: 16 x 16 images. Its answers are words that
 * hang on the question, and most come to an end; as it is created it says its last token again and again, up to the
 * most tokens, for which most of a test's time would go.
 */
export function tinyModel(seed = 1): FgamModel {
  const tokenizer = createTokenizer(vocabularyFromTexts([...sceneWords(), ...feedbackWords()]));
  const config = compactConfig({
    vision_config: {
      image_size: 16,
      hidden_size: 16,
      intermediate_size: 32,
      num_hidden_layers: 1,
      num_attention_heads: 2,
    },
    text_config: {
      vocab_size: tokenizer.size,
      hidden_size: 16,
      intermediate_size: 32,
      num_hidden_layers: 1,
      num_attention_heads: 2,
    },
    fgam: { embed_dim: 8, relation_hidden_size: 8, connector_merge: 1 },
  });
  const weights = createWeights(config, seed);
  for (const name of ['mlp.down_proj', 'self_attn.o_proj', 'self_attn.q_proj'])
    multiply(weights[`language_model.model.layers.0.${name}.weight`], 30);
  multiply(weights['language_model.model.embed_tokens.weight'], 4, tokenizer.eosId);
  return { config, tokenizer, weights };
}

/** Multiplies a weight, or one row of it, in place. */
function multiply(weight: HostTensor | undefined, factor: number, row?: number): void {
  if (weight === undefined) throw new Error('expected a weight of the name');
  const width = weight.shape.at(-1) ?? 0;
  const [from, to] = row === undefined ? [0, weight.data.length] : [row * width, (row + 1) * width];
  for (let at = from; at < to; at += 1) weight.data[at] = Number(weight.data[at]) * factor;
}

/** A folder with `scenes` (training split) and `tiny`, a model folder. */
export async function sceneWorkshop(count: number): Promise<string> {
  const folder = await temporary('workshop');
  await writeScenes({ out: join(folder, 'scenes'), count, seed: 1, split: 'train' });
  await saveModel(join(folder, 'tiny'), tinyModel());
  return folder;
}

/** Trains a rectification module in such a folder for a few updates, with what a config is to have beside. */
export async function trainModuleIn(folder: string, name: string, parts: object): Promise<CommandRun> {
  const path = join(folder, `${name}.json`);
  const base = { data: 'scenes', model: 'tiny', batchSize: 4, schedule: { learningRate: 0.005 } };
  await writeFile(path, JSON.stringify({ ...base, out: name, steps: 2, ...parts }));
  return fgam('train', 'rm', '--config', path);
}

/** Runs the command line in a process of its own, and kills it without warning as soon as `isTime` says so. */
export async function killWhen(args: readonly string[], isTime: () => Promise<boolean>): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    cwd: root,
    env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
    stdio: 'ignore',
  });
  const ended = new Promise<string>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? String(code))),
  );
  while (child.exitCode === null && !(await isTime())) await delay(2);
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
}
