import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { isFgamError } from '../error.js';
import { makeFolder } from '../make-folder.js';
import { buildShards } from '../build-shards.js';
import type { RegionSample } from '../records.js';
import { createBullQueue } from './create-bull-queue.js';
import { workShards } from './work-shards.js';

/** Milliseconds of a lease in these tests. */
export const LEASE = 1000;

/** Image files at most; more samples show them again. */
const FILES = 100;

/**
 * Samples with photos to decode, one image that is missing, one that is cut off, an id that repeats; relative
 * paths, for whoever works in `folder`. Written once; a second call gives the same.
 */
export async function queueSamples(folder: string, count: number): Promise<RegionSample[]> {
  await makeFolder(join(folder, 'images'));
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const photo = await sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#888', noise } })
    .jpeg({ quality: 60, progressive: true })
    .toBuffer();
  const samples: RegionSample[] = [];
  for (let i = 0; i < count; i++) {
    const file = i % FILES;
    const image = join('images', `${file}.jpg`);
    // The photo with a comment of its own: other bytes, another sum.
    const comment = Buffer.concat([
      Buffer.from([0xff, 0xfe, 0, 10]),
      Buffer.from(String(file).padStart(8, '0')),
    ]);
    const bytes = Buffer.concat([photo.subarray(0, 2), comment, photo.subarray(2)]);
    if (i === file && i !== 5)
      await writeFile(join(folder, image), i === 9 ? bytes.subarray(0, 5000) : bytes);
    const box = { x0: 0, y0: 0, x1: 0.5, y1: 1 };
    const mask = { kind: 'polygons', polygons: [[0, 0, 0.5, 0, 0.5, 1]] } as const;
    const region = { source: 'hand', id: '1', box, label: 'dot', description: `dot ${i} “\u2028”`, mask };
    samples.push({ id: `s${i === 12 ? 11 : i}`, image, width: 1600, height: 1200, regions: [region] });
  }
  await writeFile(join(folder, 'samples.json'), JSON.stringify(samples));
  return samples;
}

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** Where `bundleQueueProcess` puts the program. */
const programOf = (folder: string): string => join(folder, 'program', 'queue-process.js');

/**
 * Writes this file with all that it imports into `folder`, for `startQueueProcess`: through tsx a process takes twice
 * as long to start, and these tests start many.
 */
export async function bundleQueueProcess(folder: string): Promise<void> {
  const { build } = await import('tsup');
  const program = programOf(folder);
  await build({
    ...{ entry: { [parse(program).name]: fileURLToPath(import.meta.url) }, outDir: dirname(program) },
    ...{
      format: 'esm',
      target: 'node20',
      tsconfig: join(root, 'tsconfig.json'),
      skipNodeModulesBundle: true,
    },
    ...{ config: false, silent: true, outExtension: () => ({ js: '.js' }) },
  });
  await writeFile(join(dirname(program), 'package.json'), '{ "type": "module" }');
  await symlink(join(root, 'node_modules'), join(dirname(program), 'node_modules'), 'junction');
}

/**
 * A process of the program in `folder`: `work` on `folder/shards`, from another folder as another host would, or
 * `build` it in `folder` (`here`: without a queue).
 */
export function startQueueProcess(
  mode: 'work' | 'build',
  folder: string,
  redis: string,
  out = 'shards',
): ChildProcess {
  const [cwd, place] = mode === 'work' ? [tmpdir(), join(folder, out)] : [folder, out];
  const args = [programOf(folder), mode, redis, place];
  return spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Starts again where the server was killed just then, as whatever watches over a worker would. */
async function patiently<Result>(start: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(isFgamError(error) && error.code === 'data/no-redis')) throw error;
      await sleep(100);
    }
  }
}

if ((await realpath(process.argv[1] ?? '')) === fileURLToPath(import.meta.url)) {
  const [, , mode = '', redis = '', out = ''] = process.argv;
  const name = 'killed'; // The test asks this queue too, from another folder.
  if (mode === 'work') {
    const stop = new AbortController();
    process.on('SIGTERM', () => stop.abort());
    console.log('ready');
    await patiently(() =>
      workShards({
        ...{ out, redis, name, lease: LEASE, losses: 1000, signal: stop.signal },
        onShard: ({ shard, fault }) => console.log(`${shard} ${fault ?? 'built'}`),
      }),
    );
  } else {
    const samples = JSON.parse(await readFile('samples.json', 'utf8')) as RegionSample[];
    console.log('ready');
    const queue =
      redis === 'here'
        ? undefined
        : await patiently(() => createBullQueue({ out, redis, name, interval: 300 }));
    await buildShards({
      ...{ samples, out, imagesPerShard: 8, validation: 0.2, imageSize: 64 },
      ...(queue ? { queue } : {}),
      onProgress: ({ shard }) => console.log(shard),
    });
    await queue?.close();
  }
  process.exit(0);
}
