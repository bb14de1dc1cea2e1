import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, type TrainingState, writeSafetensors } from '@fgam/compile';
import { makeFolder, writeAtomic } from '@fgam/data';
import { z } from 'zod';
import type { Cursor } from './cursor.js';
import { differingPaths } from './differing-paths.js';
import { trainerError } from './error.js';
import type { UpdateFigures } from './metrics.js';

/** A training state with what is needed to go on from it. */
export interface Checkpoint {
  readonly state: TrainingState;
  readonly cursors: Readonly<Record<string, Cursor>>;
  /** What the run is; a checkpoint of another one is refused. */
  readonly identity: unknown;
  /** What the step keeps beside the cursors (`Step.memory`). Default: nothing. */
  readonly memory?: unknown;
  /** What updates reported since the last line of metrics: the next line is their mean, too. Default: nothing. */
  readonly untold?: readonly UpdateFigures[];
}

/** What is not a number is none in JSON. */
const figure = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const stateFile = z.strictObject({
  format: z.literal('fgam-checkpoint'),
  version: z.literal(1),
  step: z.int().min(0),
  cursors: z.record(z.string(), z.strictObject({ epoch: z.int(), position: z.int() })),
  identity: z.unknown(),
  untold: z
    .array(z.strictObject({ loss: figure, parts: z.record(z.string(), figure), gradientNorm: figure }))
    .exactOptional(),
  sha256: z.record(z.string(), z.string()),
});

const FILES = ['model.safetensors', 'optimizer.safetensors'] as const;
const MEMORY = 'memory.json';
const STATE = 'state.json';
const FOLDER = /^step-(\d+)$/;
/** Checkpoints kept: the last, and the one before it. */
const KEPT = 2;

/**
 * SHA-256 of a file's bytes, as 64 hexadecimal digits. The file is read piece by piece.
 *
 * @throws what Node throws for a file that can't be read
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { fileSha256 } from '@fgam/trainer';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'hash-')), 'abc.txt');
 * await writeFile(path, 'abc');
 * // The example of FIPS 180-4.
 * const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
 * if ((await fileSha256(path)) !== hash) throw new Error('expected the SHA-256 of abc');
 * ```
 */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Where the checkpoint of an update is. */
export function checkpointFolder(out: string, step: number): string {
  return join(out, `step-${step}`);
}

/**
 * Writes `out/step-N` whole or not at all: files into a temporary folder, flushed, `state.json` with their
 * SHA-256 last, then one rename. Older checkpoints but one go.
 *
 * @param out - the run's folder; it is made where it is not there
 * @returns the checkpoint's folder
 * @throws FgamError `compile/bad-safetensors` when data and shape of a tensor disagree; what Node throws for
 * a folder that can't be written
 * @example
 * ```ts
 * import { mkdtemp, readdir } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { saveCheckpoint } from '@fgam/trainer';
 *
 * const out = await mkdtemp(join(tmpdir(), 'run-'));
 * const w = { shape: [1], dtype: 'float32', data: Float32Array.of(3) } as const;
 * for (const step of [100, 200, 300])
 *   await saveCheckpoint(out, {
 *     state: { weights: { w }, firstMoment: { w }, secondMoment: { w }, step },
 *     cursors: { scenes: { epoch: 0, position: step } },
 *     identity: { seed: 1 },
 *   });
 * // The last, and the one before it.
 * const folders = (await readdir(out)).sort();
 * if (folders.join() !== 'step-200,step-300') throw new Error(folders.join());
 * const files = (await readdir(join(out, 'step-300'))).sort();
 * if (files.join() !== 'model.safetensors,optimizer.safetensors,state.json') throw new Error(files.join());
 * ```
 */
export async function saveCheckpoint(
  out: string,
  { state, cursors, identity, memory, untold = [] }: Checkpoint,
): Promise<string> {
  const folder = checkpointFolder(out, state.step);
  const temporary = `${folder}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  await makeFolder(temporary);
  await writeSafetensors(join(temporary, FILES[0]), state.weights, { metadata: { format: 'pt' } });
  await writeSafetensors(join(temporary, FILES[1]), {
    ...prefixed('first.', state.firstMoment),
    ...prefixed('second.', state.secondMoment),
  });
  if (memory !== undefined) await writeAtomic(join(temporary, MEMORY), JSON.stringify(memory));
  const files = memory === undefined ? FILES : [...FILES, MEMORY];
  const sha256 = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await fileSha256(join(temporary, file))] as const)),
  );
  const content = {
    format: 'fgam-checkpoint',
    version: 1,
    step: state.step,
    cursors,
    identity,
    ...(untold.length === 0 ? {} : { untold }),
    sha256,
  };
  const file = await open(join(temporary, STATE), 'w');
  await file.writeFile(JSON.stringify(content, null, 2));
  await file.sync();
  await file.close();
  await rm(folder, { recursive: true, force: true });
  await rename(temporary, folder);
  const steps = await checkpointSteps(out);
  for (const old of steps.slice(0, -KEPT)) await rm(checkpointFolder(out, old), { recursive: true });
  return folder;
}

/**
 * The folder of the last checkpoint in a run's folder; undefined when there is none.
 *
 * @throws what Node throws for a folder that can't be read
 * @example
 * ```ts
 * import { mkdtemp, mkdir } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { lastCheckpoint } from '@fgam/trainer';
 *
 * const out = await mkdtemp(join(tmpdir(), 'run-'));
 * if ((await lastCheckpoint(out)) !== undefined) throw new Error('expected none yet');
 * // By number, not by name; what a killed run left half written is none.
 * for (const name of ['step-9', 'step-10', 'step-11.tmp']) await mkdir(join(out, name));
 * if ((await lastCheckpoint(out)) !== join(out, 'step-10')) throw new Error('expected the tenth');
 * ```
 */
export async function lastCheckpoint(out: string): Promise<string | undefined> {
  const last = (await checkpointSteps(out)).at(-1);
  return last === undefined ? undefined : checkpointFolder(out, last);
}

async function checkpointSteps(out: string): Promise<number[]> {
  const names = await readdir(out);
  return names
    .flatMap((name) => FOLDER.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Reads a checkpoint and checks each file against its SHA-256.
 *
 * @param folder - `step-N`, as `lastCheckpoint` gives it
 * @param identity - what the run is now
 * @throws FgamError `trainer/bad-checkpoint` for a missing or changed file; `trainer/other-run`, naming what
 * differs, when the checkpoint's identity is not the expected one
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { isFgamError } from '@fgam/data';
 * import { loadCheckpoint, saveCheckpoint } from '@fgam/trainer';
 *
 * const out = await mkdtemp(join(tmpdir(), 'run-'));
 * const w = { shape: [1], dtype: 'float32', data: Float32Array.of(3) } as const;
 * const state = { weights: { w }, firstMoment: { w }, secondMoment: { w }, step: 100 };
 * const folder = await saveCheckpoint(out, { state, cursors: {}, identity: { seed: 1 } });
 * const { state: read } = await loadCheckpoint(folder, { seed: 1 });
 * if (read.step !== 100 || read.weights['w']?.data[0] !== 3) throw new Error('expected what was saved');
 * // Another run's is refused, and what differs is named.
 * const error: unknown = await loadCheckpoint(folder, { seed: 2 }).catch((cause: unknown) => cause);
 * if (!isFgamError(error) || error.code !== 'trainer/other-run' || !error.message.includes('differ: seed'))
 *   throw new Error(String(error));
 * ```
 */
export async function loadCheckpoint(folder: string, identity: unknown): Promise<Checkpoint> {
  const parsed = stateFile.safeParse(await readStateJson(join(folder, STATE)));
  if (!parsed.success) {
    throw trainerError(
      'trainer/bad-checkpoint',
      `loadCheckpoint: ${folder}: ${STATE} is not a checkpoint's (${parsed.error.issues[0]?.message ?? ''})`,
    );
  }
  const { step, cursors, untold = [], sha256 } = parsed.data;
  const hasMemory = sha256[MEMORY] !== undefined;
  for (const file of hasMemory ? [...FILES, MEMORY] : FILES) {
    const path = join(folder, file);
    const found = await fileSha256(path).catch((cause: unknown) => {
      throw notThere(path, cause);
    });
    if (found !== sha256[file]) {
      throw trainerError(
        'trainer/bad-checkpoint',
        `loadCheckpoint: ${path}: expected SHA-256 ${sha256[file] ?? 'none'}, got ${found}; the file is damaged, remove the folder`,
      );
    }
  }
  const differences = differingPaths(parsed.data.identity, JSON.parse(JSON.stringify(identity)) as unknown);
  if (differences.length > 0) {
    throw trainerError(
      'trainer/other-run',
      `loadCheckpoint: ${folder} is of another run; these differ: ${differences.slice(0, 12).join(', ')}; use another folder or the same settings`,
    );
  }
  const { weights } = await readSafetensors(join(folder, FILES[0]));
  const { weights: moments } = await readSafetensors(join(folder, FILES[1]));
  const state = {
    weights,
    firstMoment: withPrefix('first.', moments),
    secondMoment: withPrefix('second.', moments),
    step,
  };
  const kept = { state, cursors, identity, untold };
  if (!hasMemory) return kept;
  return {
    ...kept,
    memory: JSON.parse(await readFile(join(folder, MEMORY), 'utf8')) as unknown,
  };
}

/** The error of a file that can't be read. */
function notThere(path: string, cause: unknown): Error {
  return trainerError(
    'trainer/bad-checkpoint',
    `loadCheckpoint: expected to read ${path}, got ${cause instanceof Error ? cause.message : String(cause)}; remove the folder`,
    { cause },
  );
}

async function readStateJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw notThere(path, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw trainerError('trainer/bad-checkpoint', `loadCheckpoint: ${path} is not JSON`, { cause });
  }
}

function prefixed<Value>(prefix: string, record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]));
}

function withPrefix<Value>(prefix: string, record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}
