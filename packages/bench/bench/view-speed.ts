/**
 * What a person waits for in the viewer over a folder of many samples in shards, in Chromium; the viewer in a
 * process of its own, whose memory is told. Medians and quartiles, each from the event to the frame in which
 * the page shows its outcome.
 *
 *     npm run bench:view -w @fgam/bench -- --folder KEPT [--samples 100000] [--quick] [--json]
 *
 * The folder is made where it is missing: drawn scenes of 64 x 64 pixels, each under many ids,
 * with captions and relations.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildShards, createRandom, readScenes, writeScenes } from '@fgam/data';
import type { Page } from 'playwright-core';
import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { startTimes } from '../../../tools/bench-packages/times.js';
import { launchChromium } from '../src/chromium.test-support.js';
import { serveView, shardsSource } from '../src/view.js';

/** Scenes that are drawn; the other samples repeat them. */
const SCENES = 500;
const MEGABYTES = { unit: 'MB', better: 'lower' } as const;
const MILLISECONDS = { unit: 'ms', better: 'lower' } as const;

if (process.argv[2] === '--serve') await serve(process.argv[3] ?? '');
else await measure();

/** The child's part: tells its address, when the list is whole, and its memory when it is asked. */
async function serve(folder: string): Promise<void> {
  const begin = performance.now();
  const read = startTimes();
  const source = await shardsSource(folder);
  const { url } = await serveView(source);
  process.send?.({ url, opened: performance.now() - begin });
  while (!source.state().done) await new Promise((resume) => setTimeout(resume, 20));
  const { processor } = read();
  process.send?.({
    whole: performance.now() - begin,
    processor,
    rows: source.rows.length,
    fault: source.state().fault,
  });
  process.on('message', () => process.send?.({ memory: process.memoryUsage().rss / 1e6 }));
}

async function makeShards(folder: string, count: number): Promise<void> {
  const scenes = await mkdtemp(join(tmpdir(), 'fgam-view-scenes-'));
  await writeScenes({ out: scenes, count: SCENES, seed: 1, split: 'train' });
  const { samples } = await readScenes(scenes);
  const many = Array.from({ length: count }, (_, index) => {
    const scene = samples[index % samples.length];
    if (scene === undefined) throw new Error('no scenes');
    return { ...scene, id: String(index).padStart(6, '0') };
  });
  await buildShards({ samples: many, out: folder, validation: 0.1 });
  await rm(scenes, { recursive: true });
}

async function measure(): Promise<void> {
  const benchmark = createBenchmark({ more: ['folder', 'samples'] });
  const { folder, samples = '100000' } = benchmark.values;
  if (folder === undefined) throw new Error('bench:view: expected --folder, where the shards are kept');
  if (!existsSync(join(folder, 'manifest.json'))) await makeShards(folder, Number(samples));
  const child = fork(fileURLToPath(import.meta.url), ['--serve', folder]);
  const told = async <Message>(): Promise<Message> => ((await once(child, 'message')) as [Message])[0];
  const { url, opened } = await told<{ url: string; opened: number }>();
  const whole = told<{ whole: number; processor: number; rows: number; fault?: string }>();
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(url);
  const { whole: read, processor, rows, fault } = await whole;
  if (fault !== undefined) throw new Error(fault);
  benchmark.add('the command, until it listens', [opened], MILLISECONDS);
  benchmark.add(`the list of ${rows} samples read`, [read], MILLISECONDS, [processor]);
  child.send('memory');
  benchmark.add('memory of the viewer, list read', [(await told<{ memory: number }>()).memory], MEGABYTES);
  const times = benchmark.isQuick ? 3 : 9;
  await measurePage(page, times, (name, values) => benchmark.add(name, values, MILLISECONDS));
  child.send('memory');
  benchmark.add('memory of the viewer, after use', [(await told<{ memory: number }>()).memory], MEGABYTES);
  const heap = await page.evaluate<number>('performance.memory.usedJSHeapSize / 1e6');
  benchmark.add("heap of the page's script", [heap], MEGABYTES);
  await browser.close();
  child.kill();
  process.stderr.write(`load ${loadavg()[0]?.toFixed(1)}\n`);
  await benchmark.finish();
}

type Add = (name: string, values: readonly number[]) => void;

/** Milliseconds from an act in the page to the frame in which a condition holds. */
function waited(page: Page, act: string, holds: string): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve, reject) => {
    const begin = performance.now();
    const look = () => {
      if (${holds}) requestAnimationFrame(() => resolve(performance.now() - begin));
      else if (performance.now() - begin > 60_000) reject(new Error(${JSON.stringify(holds)}));
      else requestAnimationFrame(look);
    };
    ${act};
    look();
  })`);
}

async function measurePage(page: Page, times: number, add: Add): Promise<void> {
  const repeat = async (name: string, one: (turn: number) => Promise<number>): Promise<void> => {
    const values: number[] = [];
    for (let turn = 0; turn < times; turn += 1) values.push(await one(turn));
    add(name, values);
  };
  const status = `document.querySelector('#status').textContent`;
  const firstTitle = `document.querySelector('#row-0 .title')?.textContent`;
  await repeat('the page opened, until rows are there', async () => {
    const begin = performance.now();
    await page.reload();
    await waited(page, '', `${firstTitle} !== undefined && ${firstTitle} !== '…'`);
    return performance.now() - begin;
  });
  await waited(page, '', `document.querySelectorAll('select').length > 0`);
  const search = (text: string) => `{
    const field = document.querySelector('#search');
    field.value = ${JSON.stringify(text)};
    field.dispatchEvent(new Event('input'));
  }`;
  // Each is one that was not asked before.
  const searches: Record<string, readonly string[]> = {
    'search of one word': [
      'circle',
      'square',
      'triangle',
      'cross',
      'star',
      'striped',
      'red',
      'green',
      'blue',
    ],
    'search of three words': [
      'large red left',
      'small blue top',
      'large green right',
      'small red bottom',
      'large blue left',
      'small green top',
      'large purple left',
      'small yellow top',
      'large yellow right',
    ],
    'search that finds nothing': Array.from({ length: 9 }, (_, i) => `nothing ${i}`),
  };
  for (const [name, texts] of Object.entries(searches))
    await repeat(name, async (turn) => {
      const before = await page.evaluate<string>(status);
      return waited(page, search(texts[turn] ?? ''), `${status} !== ${JSON.stringify(before)}`).finally(() =>
        waited(page, search(''), `!${status}.includes(' of ')`),
      );
    });
  await repeat('a filter chosen', async (turn) => {
    const choose = (index: number) => `{
      const select = document.querySelector('select[name="label"]');
      select.selectedIndex = ${index};
      select.dispatchEvent(new Event('change'));
    }`;
    const time = await waited(page, choose(turn + 1), `${status}.includes(' of ')`);
    await waited(page, choose(0), `!${status}.includes(' of ')`);
    return time;
  });
  const random = createRandom('view');
  const isFilled = `![...document.querySelectorAll('.row .title')].some((title) => title.textContent === '…')`;
  await repeat('a jump anywhere in the list, until its rows are there', () =>
    waited(
      page,
      `list.scrollTop = (list.scrollHeight - list.clientHeight) * ${random.float()}; window.moved = false;
       requestAnimationFrame(() => requestAnimationFrame(() => { window.moved = true; }))`,
      `window.moved && ${isFilled}`,
    ),
  );
  await repeat('a screen further in the list', () =>
    waited(
      page,
      `list.scrollTop += list.clientHeight; window.moved = false;
       requestAnimationFrame(() => requestAnimationFrame(() => { window.moved = true; }))`,
      `window.moved && ${isFilled}`,
    ),
  );
  const isOpen = `document.querySelector('#detail img')?.complete && document.querySelector('#detail img').src !== window.last`;
  const open = (position: string) => `window.last = document.querySelector('#detail img')?.src;
    [...document.querySelectorAll('.row')]${position}.click()`;
  await repeat(
    'a sample opened anywhere, until its image is there (a first one of a tar reads it through)',
    async () => {
      await waited(
        page,
        `list.scrollTop = (list.scrollHeight - list.clientHeight) * ${random.float()}; window.moved = false;
       requestAnimationFrame(() => requestAnimationFrame(() => { window.moved = true; }))`,
        `window.moved && ${isFilled}`,
      );
      return waited(page, open('[8]'), isOpen);
    },
  );
  await repeat('the next sample opened', () =>
    waited(
      page,
      `window.last = document.querySelector('#detail img')?.src;
       [...document.querySelectorAll('#detail button')].find(({ textContent }) => textContent.includes('Next')).click()`,
      isOpen,
    ),
  );
}
