#!/usr/bin/env node
/**
 * Cuts and resizes COCO's photos by `@fgam/data`, with libturbojpeg where it is installed and by sharp alone,
 * and by Pillow, a process a core each (`--processes 1`: one of Node), in turns:
 *
 * - `regions`: decode, cut each annotated region, 224 x 224, JPEG of quality 90 to a file;
 * - `whole`: decode, 336 x 336, JPEG to a file;
 * - `shrink`: the same at 224 x 224, decoded at a fraction of the size (Pillow's `draft`, sharp's
 *   shrink-on-load; libturbojpeg decodes the whole).
 *
 * Medians of wall and processor time, Pillow's over ours, and what the files hold: whether both ways of ours
 * wrote the same, their sizes and how far they are from each other and from the pixels before they were
 * encoded (PSNR, median over files).
 *
 * `--profiles`: Pillow converts other colour profiles than sRGB's own too, as `decodeImage` does.
 *
 *     npm run build -w @fgam/data
 *     node tools/bench-images.mjs --python venv/bin/python [--rounds 9] [--repeat 5] [--coco ../shared/data/coco-mini]     (venv: pip install pillow)
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { max, median, min } from 'simple-statistics';
import { runImageTask } from './bench-images-task.mjs';
import { cropImage, decodeImage, resample } from '../packages/data/dist/index.js';

const TASKS = ['regions', 'whole', 'shrink'];
const SIDES = ['turbo', 'sharp', 'pillow'];
const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    repeat: { type: 'string', default: '5' },
    coco: { type: 'string', default: fileURLToPath(new URL('../../shared/data/coco-mini', import.meta.url)) },
    tasks: { type: 'string', default: TASKS.join() },
    processes: { type: 'string', default: String(availableParallelism()) },
    part: { type: 'string', default: '0' },
    profiles: { type: 'boolean', default: false },
    run: { type: 'string' },
    out: { type: 'string' },
    plan: { type: 'string' },
  },
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

if (values.run) {
  const [part, parts] = [Number(values.part), Number(values.processes)];
  const photos = JSON.parse(readFileSync(values.plan, 'utf8')).filter((_, i) => i % parts === part);
  console.log('"ready"');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const [start, before] = [performance.now(), process.cpuUsage()];
  await runImageTask(values.run, photos, values.out);
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }));
  process.exit();
}

if (!values.python) throw new Error('bench-images: expected --python, an interpreter with Pillow');
const folder = mkdtempSync(join(tmpdir(), 'bench-images-'));
try {
  const once = readPlan(values.coco);
  // The same photos again and again: what a process needs to begin is no matter in a data set.
  const photos = Array.from({ length: Number(values.repeat) }, () => once).flat();
  const plan = join(folder, 'plan.json');
  writeFileSync(plan, JSON.stringify(photos));
  const rows = {};
  for (const task of values.tasks.split(',')) {
    const out = Object.fromEntries(SIDES.map((side) => [side, join(folder, task, side)]));
    for (const path of Object.values(out)) mkdirSync(path, { recursive: true });
    const runs = Object.fromEntries(SIDES.map((side) => [side, []]));
    const byNode = (side, env) =>
      race(
        Array.from({ length: Number(values.processes) }, (_, part) => [
          ...[process.execPath, here('bench-images.mjs'), '--run', task, '--plan', plan, '--out', out[side]],
          ...['--part', String(part), '--processes', values.processes],
        ]),
        env,
      );
    const byPillow = () => {
      const parts = availableParallelism();
      const script = here('bench-images.py');
      return race(
        Array.from({ length: parts }, (_, part) => [
          ...[
            values.python,
            script,
            task,
            out.pillow,
            plan,
            String(part),
            String(parts),
            ...(values.profiles ? ['profiles'] : []),
          ],
        ]),
      );
    };
    const sides = {
      turbo: () => byNode('turbo', {}),
      sharp: () => byNode('sharp', { FGAM_TURBOJPEG: 'off' }),
      pillow: byPillow,
    };
    for (let round = 0; round < Number(values.rounds); round++)
      for (const side of round % 2 ? [...SIDES].reverse() : SIDES) runs[side].push(await sides[side]());
    for (const side of ['turbo', 'sharp'])
      rows[`${task}, ${side}`] = {
        ...timesOf({ node: runs[side], pillow: runs.pillow }),
        ...(await filesOf(task, once, { ...out, node: out[side] })),
      };
    console.error(task, JSON.stringify(runs));
  }
  console.log(`load ${loadavg()[0].toFixed(1)}, ${values.rounds} rounds`);
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true });
}

/** The photos with the boxes of their annotations (no crowds), in whole pixels. */
function readPlan(coco) {
  const { images, annotations } = JSON.parse(
    readFileSync(join(coco, 'annotations/instances_train2017.json'), 'utf8'),
  );
  return images.map(({ id, file_name, width, height }) => ({
    name: String(id),
    path: join(coco, 'train2017', file_name),
    boxes: annotations
      .filter((one) => one.image_id === id && !one.iscrowd)
      .map(({ id: region, bbox: [x, y, w, h] }) => {
        const [left, top] = [Math.min(width - 1, Math.floor(x)), Math.min(height - 1, Math.floor(y))];
        const right = Math.max(left + 1, Math.min(width, Math.ceil(x + w)));
        const bottom = Math.max(top + 1, Math.min(height, Math.ceil(y + h)));
        return [String(region), [left, top, right - left, bottom - top]];
      }),
  }));
}

/**
 * Starts processes, lets them go together when all are ready; wall time until the last is
 * done, processor time of all.
 */
async function race(commands, env = {}) {
  const children = commands.map(([program, ...args]) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  const next = () =>
    Promise.all(
      children.map(async ({ lines }) => {
        const { value, done } = await lines.next();
        if (done) throw new Error('bench-images: a process ended early');
        return JSON.parse(value);
      }),
    );
  await next();
  const start = performance.now();
  for (const { child } of children) child.stdin.end('go\n');
  const results = await next();
  return { wall: (performance.now() - start) / 1000, cpu: results.reduce((sum, { cpu }) => sum + cpu, 0) };
}

function timesOf({ node, pillow }) {
  const of = (list, key) => median(list.map((run) => run[key]));
  const single = node.map(({ wall }, round) => pillow[round].wall / wall);
  return {
    'node wall s': of(node, 'wall').toFixed(3),
    'pillow wall s': of(pillow, 'wall').toFixed(3),
    ratio: (of(pillow, 'wall') / of(node, 'wall')).toFixed(2),
    spread: `${min(single).toFixed(2)}-${max(single).toFixed(2)}`,
    'node cpu s': of(node, 'cpu').toFixed(3),
    'pillow cpu s': of(pillow, 'cpu').toFixed(3),
    'cpu ratio': (of(pillow, 'cpu') / of(node, 'cpu')).toFixed(2),
  };
}

/** Sizes and qualities of what was written. */
async function filesOf(task, photos, out) {
  const names = [];
  const [between, node, pillow] = [[], [], []];
  for (const photo of photos) {
    const image = task === 'shrink' ? undefined : await decodeImage(photo.path);
    const parts = task === 'regions' ? photo.boxes : [[photo.name, undefined]];
    for (const [name, box] of parts) {
      names.push(name);
      const [a, b] = await Promise.all(
        [out.node, out.pillow].map((path) => decodeImage(join(path, `${name}.jpg`))),
      );
      between.push(psnr(a.data, b.data));
      if (!image) continue;
      const [x, y, width, height] = box ?? [0, 0, image.width, image.height];
      const side = task === 'regions' ? 224 : 336;
      const before = resample(cropImage(image, { x, y, width, height }), {
        width: side,
        height: side,
        filter: 'bicubic',
      });
      node.push(psnr(a.data, before.data));
      pillow.push(psnr(b.data, before.data));
    }
  }
  const bytes = (path) => names.reduce((sum, name) => sum + statSync(join(path, `${name}.jpg`)).size, 0);
  const shown = (list) => (list.length === 0 ? '' : median(list).toFixed(2));
  const read = (path, name) => readFileSync(join(path, `${name}.jpg`));
  return {
    files: names.length,
    'as sharp': names.filter((name) => read(out.node, name).equals(read(out.sharp, name))).length,
    'size ratio': (bytes(out.node) / bytes(out.pillow)).toFixed(4),
    'dB node': shown(node),
    'dB pillow': shown(pillow),
    'dB between': shown(between),
  };
}

function psnr(a, b) {
  if (a.length !== b.length)
    throw new Error(`bench-images: expected files of one size, got ${a.length} and ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return 10 * Math.log10((255 ** 2 * a.length) / Math.max(sum, 1));
}
