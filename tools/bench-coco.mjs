#!/usr/bin/env node
/**
 * Reads one instances file by `streamCoco` (every sample with its masks), by `readCoco` without masks, and by
 * pycocotools (`COCO(path)`: parsed and indexed), a process each, in turns. Medians of wall and processor
 * time, highest resident memory.
 *
 *     node tools/make-coco-instances.mjs coco.json
 *     npm run build -w @fgam/data
 *     node tools/bench-coco.mjs coco.json --python venv/bin/python [--rounds 5]     (venv: pip install pycocotools numpy)
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';

const PYCOCOTOOLS = `
import json, sys, time
from pycocotools.coco import COCO
start, cpu = time.time(), time.process_time()
coco = COCO(sys.argv[1])
wall, cpu = time.time() - start, time.process_time() - cpu
peak = next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))
print(json.dumps({'wall': wall, 'cpu': cpu, 'peak': peak / 1024, 'regions': len(coco.anns)}))
`;

const self = fileURLToPath(import.meta.url);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    read: { type: 'string' },
  },
});
const [file] = positionals;
if (file === undefined) throw new Error('bench-coco: expected the path of an instances file');

if (values.read !== undefined) console.log(JSON.stringify(await readOnce(values.read)));
else {
  const contenders = { streamCoco: node('streamCoco'), readCoco: node('readCoco') };
  if (values.python) contenders.pycocotools = [values.python, '-c', PYCOCOTOOLS, file];
  const runs = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [name, [program, ...args]] of Object.entries(contenders)) {
      const { status, stdout } = spawnSync(program, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (status !== 0) throw new Error(`bench-coco: ${name} ended with ${status}`);
      const run = JSON.parse(stdout.trim().split('\n').at(-1));
      console.error(name, JSON.stringify(run));
      runs[name].push(run);
    }
  const peer = runs.pycocotools;
  const of = (list, key) => median(list.map((run) => run[key]));
  const ratio = (list, key) => (peer ? (of(peer, key) / of(list, key)).toFixed(2) : '');
  console.table(
    Object.fromEntries(
      Object.entries(runs).map(([name, list]) => [
        name,
        {
          'wall s': of(list, 'wall').toFixed(1),
          'wall ratio': ratio(list, 'wall'),
          'cpu s': of(list, 'cpu').toFixed(1),
          'cpu ratio': ratio(list, 'cpu'),
          'peak MiB': Math.round(Math.max(...list.map(({ peak }) => peak))),
        },
      ]),
    ),
  );
}

function node(name) {
  return [process.execPath, self, '--read', name, file];
}

async function readOnce(name) {
  const { readCoco, streamCoco } = await import('../packages/data/dist/index.js');
  const options = { instances: file, images: 'photos', check: 'none' };
  const before = process.cpuUsage();
  const start = performance.now();
  const { samples } =
    name === 'streamCoco' ? await streamCoco(options) : await readCoco({ ...options, masks: false });
  let regions = 0;
  for (const sample of samples) regions += sample.regions.length;
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  return { wall, cpu: (user + system) / 1e6, peak, regions };
}
