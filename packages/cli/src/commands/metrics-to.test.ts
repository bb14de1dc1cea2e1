import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readMetrics } from '@fgam/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fgam, sceneWorkshop } from './command.test-support.js';

let folder: string;
beforeAll(async () => {
  folder = await sceneWorkshop(4);
  const base = { data: 'scenes', model: 'tiny', batchSize: 2, steps: 3, schedule: { learningRate: 0.001 } };
  await writeFile(join(folder, 'run.json'), JSON.stringify({ ...base, out: 'run' }));
});
afterAll(() => rm(folder, { recursive: true }));

const train = (module: string, out: string) =>
  fgam(
    ...['train', 'rm', '--config', join(folder, 'run.json'), '--out', join(folder, out)],
    ...['--metrics-to', module],
  );

test("the example of the documentation sends each line to MLflow's REST interface", async () => {
  const batches: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      batches.push({ url: request.url, ...(JSON.parse(body) as object) });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['MLFLOW_TRACKING_URI'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['MLFLOW_RUN_ID'] = 'run-1';
  // The module as users copy it.
  const page = await readFile(
    new URL('../../../../docs/decisions/0016-metrics-elsewhere.md', import.meta.url),
    'utf8',
  );
  const [, example = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  await writeFile(join(folder, 'mlflow.mjs'), example);
  const run = await train(join(folder, 'mlflow.mjs'), 'sent');
  server.close();
  expect(run).toMatchObject({ code: 0 });
  const lines = await readMetrics(join(folder, 'sent', 'metrics.jsonl'));
  expect(batches).toHaveLength(lines.length);
  for (const [i, line] of lines.entries())
    expect(batches[i]).toMatchObject({
      url: '/api/2.0/mlflow/runs/log-batch',
      run_id: 'run-1',
      metrics: expect.arrayContaining([
        expect.objectContaining({ key: 'loss', value: line.loss, step: line.step }),
        expect.objectContaining({ key: 'parts/tokens', value: line.parts['tokens'] }),
      ]) as unknown,
    });
});

test('a module that is none, exports no function, or throws ends the run', async () => {
  const none = await train(join(folder, 'none.mjs'), 'none');
  expect(none).toMatchObject({ code: 1 });
  expect(none.err).toContain('--metrics-to: expected wandb or a JavaScript module');
  await writeFile(join(folder, 'empty.mjs'), 'export const x = 1;\n');
  expect((await train(join(folder, 'empty.mjs'), 'none')).err).toContain('default export is a function');
  await writeFile(
    join(folder, 'throws.mjs'),
    "export default () => { throw new Error('refused there'); };\n",
  );
  const thrown = await train(join(folder, 'throws.mjs'), 'thrown');
  expect(thrown).toMatchObject({ code: 1 });
  expect(thrown.err).toContain('refused there');
});

/** A command's run where this shell script is all there is of Python. */
async function withPython(script: string, out: string) {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'python3'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const path = process.env['PATH'];
  process.env['PATH'] = bin;
  try {
    return await train('wandb', out);
  } finally {
    process.env['PATH'] = path;
  }
}

test('Weights & Biases without its client is refused before anything is made', async () => {
  const run = await withPython('echo "ModuleNotFoundError: no wandb" >&2; exit 1', 'refused');
  expect(run).toMatchObject({ code: 1 });
  expect(run.err).toMatch(/expected python3 with the client wandb.*, got: ModuleNotFoundError: no wandb\n$/);
  expect(existsSync(join(folder, 'refused'))).toBe(false);
});

// What the client itself makes of the lines is compared by `tools/check-wandb.py`.
test('Weights & Biases gets each line, and its client says when it could not keep them', async () => {
  const takes = (code: number): string =>
    `[ "$1" = -c ] && exit 0\necho ready\nwhile read -r line; do echo "$line" >> "$2/sent"; done\necho bye\nexit ${code}`;
  const run = await withPython(takes(0), 'kept');
  expect(run).toMatchObject({ code: 0, out: expect.not.stringContaining('bye') as string });
  expect(run.err).toContain('bye\n');
  const sent = await readFile(join(folder, 'kept', 'sent'), 'utf8');
  expect(sent).toBe(await readFile(join(folder, 'kept', 'metrics.jsonl'), 'utf8'));

  const lost = await withPython(takes(3), 'lost');
  expect(lost).toMatchObject({ code: 1 });
  expect(lost.err).toContain('got: it ended with 3');
});

test('a client that ends before the run does ends the run', async () => {
  const run = await withPython('[ "$1" = -c ] && exit 0\necho ready\nexit 4', 'early');
  expect(run).toMatchObject({ code: 1 });
  expect(run.err).toContain('got: it ended with 4');
});
