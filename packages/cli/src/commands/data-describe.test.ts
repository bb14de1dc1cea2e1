import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildShards, readScenes, readShards, type Region, writeScenes } from '@fgam/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

/** Tells colour and shape of what fills a picture: `tools/make-tiny-captioner.py`. */
const captioner = fileURLToPath(new URL('../../../label/test-fixtures/tiny-florence-2', import.meta.url));

let server: Server;
let endpoint: string;
let folder: string;
let shards: string;
let requests = 0;
const keys = new Set<string | undefined>();

/** Answers with the label that it is told; `a square` it refuses to describe. */
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url?.startsWith('/v2')) {
      response.statusCode = 401;
      response.end('{}');
      return;
    }
    requests += 1;
    keys.add(request.headers.authorization);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { messages } = JSON.parse(Buffer.concat(parts).toString()) as { messages: { content: string }[] };
      const [, label = ''] = /"label":"([^"]*)"/.exec(messages.at(-1)?.content ?? '') ?? [];
      const content = label.includes('square')
        ? "I'm sorry, I cannot help."
        : `a ${label} drawn on a plain ground`;
      const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: '1', object: 'chat.completion', created: 1, model: 'm', choices }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  folder = await temporary('describe');
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 6, seed: 1, split: 'train' });
  shards = join(folder, 'shards');
  await buildShards({ samples: (await readScenes(scenes)).samples, out: shards, validation: 0.3, seed: 1 });
});
afterAll(() => new Promise((done) => server.close(done)));

async function regionsOf(place: string): Promise<Map<string, Region & { readonly split: string }>> {
  const regions = new Map<string, Region & { readonly split: string }>();
  for await (const { sample, split } of readShards(place))
    for (const region of sample.regions) regions.set(`${sample.id}/${region.id}`, { ...region, split });
  return regions;
}

test('describes the regions of shards, keeps what it could not describe, asks nothing twice', async () => {
  const before = await regionsOf(shards);
  const cache = join(folder, 'cache');
  const args = ['data', 'describe', shards, '--endpoint', endpoint, '--model', 'm', '--cache', cache];
  const first = await fgamJson(...args, '--out', join(folder, 'first'));
  const after = await regionsOf(join(folder, 'first'));
  expect([...after.keys()]).toEqual([...before.keys()]);
  let refused = 0;
  for (const [id, { label, description, split, descriptionProvenance }] of after) {
    expect(split).toBe(before.get(id)?.split);
    if (label.includes('square')) {
      refused += 1;
      expect(description).toBe(before.get(id)?.description);
    } else {
      expect(description).toBe(`a ${label} drawn on a plain ground`);
      expect(descriptionProvenance).toMatchObject({ model: 'm' });
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(first).toMatchObject({ described: after.size - refused, stop: 'done' });
  expect(keys).toEqual(new Set(['Bearer none']));
  const asked = requests;
  const again = await fgam(...args, '--out', join(folder, 'again'));
  expect(again.out).toContain(`${after.size - refused} of ${after.size} regions described`);
  expect(again.out).toContain(`not described: refusal ${refused}`);
  expect(requests).toBe(asked);
});

test('an endpoint that fails leaves what is there', async () => {
  const out = join(folder, 'kept');
  const args = ['data', 'describe', shards, '--model', 'm', '--out', out];
  expect((await fgam(...args, '--endpoint', endpoint)).code).toBe(0);
  const before = await regionsOf(out);
  // Nobody listens there.
  const failed = await fgam(...args, '--endpoint', endpoint.replace('/v1', '/v2'), '--overwrite');
  expect(failed.code).toBe(1);
  expect(failed.err).toContain('the endpoint was given up');
  expect(await regionsOf(out)).toEqual(before);
  const other = await fgam(...args.slice(0, 3), '--model', 'n', '--out', out, '--endpoint', endpoint);
  expect(other).toMatchObject({ code: 1, err: expect.stringContaining('--overwrite') as string });
  expect(await regionsOf(out)).toEqual(before);
});

test('replaces no shards of another command without --overwrite', async () => {
  const out = join(folder, 'filtered');
  expect(await fgam('data', 'filter', shards, '--max-words', '99', '--out', out)).toMatchObject({ code: 0 });
  const before = await readFile(join(out, 'manifest.json'), 'utf8');
  const asked = requests;
  const args = ['data', 'describe', shards, '--endpoint', endpoint, '--model', 'm', '--out', out];
  const refused = await fgam(...args);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no descriptions.json') as string,
  });
  expect(requests).toBe(asked);
  expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe(before);
  expect(await fgam(...args, '--overwrite')).toMatchObject({ code: 0 });
});

test('stops at its budget, and refuses to write over its source', async () => {
  const args = ['data', 'describe', shards, '--endpoint', endpoint, '--model', 'm'];
  const limited = await fgamJson(...args, '--max-requests', '2', '--out', join(folder, 'limited'));
  expect(limited).toMatchObject({ stop: 'budget', usage: { requests: 2 } });
  const refused = await fgam(...args, '--out', shards);
  expect(refused).toMatchObject({ code: 2, out: '' });
});

test('describes the regions by a captioner that runs here, once, and mixes no settings', async () => {
  const out = join(folder, 'captioned');
  const args = ['data', 'describe', shards, '--captioner', captioner, '--out', out];
  const first = await fgamJson(...args);
  const before = await regionsOf(shards);
  const after = await regionsOf(out);
  expect([...after.keys()]).toEqual([...before.keys()]);
  const made = [...after.values()].filter(({ descriptionProvenance }) => descriptionProvenance);
  expect(made.length).toBeGreaterThan(0);
  for (const { description, descriptionProvenance } of made) {
    expect(description).toMatch(/^a (red|green|blue|yellow) (square|circle)$/);
    expect(descriptionProvenance).toMatchObject({ captioner: 'tiny-florence-2', task: 'caption' });
  }
  // What contradicts a label's colour is not taken.
  const colours = ['red', 'green', 'blue', 'yellow'];
  for (const { label, description } of made) {
    const [known] = label.split(' ').filter((word) => colours.includes(word));
    if (known !== undefined) expect(description).toContain(known);
  }
  expect(first).toMatchObject({ described: made.length, usage: { captioned: after.size, cached: 0 } });
  for (const [id, { description, descriptionProvenance, split }] of after) {
    expect(split).toBe(before.get(id)?.split);
    if (!descriptionProvenance) expect(description).toBe(before.get(id)?.description);
  }

  expect(await fgamJson(...args)).toMatchObject({ usage: { captioned: 0, cached: after.size } });
  const other = await fgam(...args, '--task', 'region-to-description');
  expect(other).toMatchObject({ code: 1, err: expect.stringContaining('--overwrite') as string });
  const again = ['data', 'describe', out, '--captioner', captioner, '--task', 'region-to-description'];
  const mixed = await fgam(...again, '--out', join(folder, 'mixed'));
  expect(mixed).toMatchObject({
    code: 1,
    err: expect.stringContaining('descriptions of one kind') as string,
  });
  expect(await fgam(...again, '--out', join(folder, 'mixed'), '--overwrite')).toMatchObject({ code: 0 });
  for (const { descriptionProvenance } of (await regionsOf(join(folder, 'mixed'))).values())
    if (descriptionProvenance) expect(descriptionProvenance).toMatchObject({ task: 'region-to-description' });
});

test('asks for an endpoint or a captioner, and says what a folder lacks', async () => {
  const args = ['data', 'describe', shards, '--out', join(folder, 'none')];
  for (const wrong of [[], ['--model', 'm'], ['--captioner', captioner, '--endpoint', endpoint]])
    expect(await fgam(...args, ...wrong)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--endpoint and --model, or --captioner') as string,
    });
  expect(await fgam(...args, '--captioner', folder)).toMatchObject({
    code: 1,
    err: expect.stringContaining('vision_encoder.onnx') as string,
  });
  expect(await fgam(...args, '--captioner', captioner, '--task', 'other')).toMatchObject({ code: 2 });
});

test('refuses options of the other way to describe', async () => {
  const args = ['data', 'describe', shards, '--out', join(folder, 'foreign')];
  const here = await fgam(...args, '--captioner', captioner, '--pictures', '--max-requests', '2');
  expect(here).toMatchObject({
    code: 2,
    err: expect.stringContaining('--pictures, --max-requests') as string,
  });
  const there = await fgam(
    ...[...args, '--endpoint', endpoint, '--model', 'm', '--task', 'caption', '--batch', '4'],
  );
  expect(there).toMatchObject({ code: 2, err: expect.stringContaining('--task, --batch') as string });
  const build = ['data', 'build', shards, '--from', 'scenes', '--out', join(folder, 'foreign')];
  const queue = await fgam(...build, '--attempts', '3', '--queue-name', 'q');
  expect(queue).toMatchObject({
    code: 2,
    err: expect.stringContaining('--queue-name, --attempts') as string,
  });
  expect(existsSync(join(folder, 'foreign'))).toBe(false);
});
