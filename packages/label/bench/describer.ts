import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RegionSample } from '@fgam/data';
import sharp from 'sharp';
import { median } from 'simple-statistics';
import { sendText, startChatServer } from '../../data/src/chat-server.test-support.js';
import { checkDescription, createLlmDescriber, type LlmDescriberOptions } from '../src/index.js';
import type { Figure } from './figure.js';

const PHOTOS = 50;
const REGIONS = 8;
const RUNS = 5;
/** What a fast model behind a server takes. */
const LATENCY = 100;

/** Regions described a second by a server on this machine, and the check of a text. */
export async function benchDescriber(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-label-'));
  let latency = 0;
  const server = await startChatServer(async ({ facts }, response) => {
    if (latency > 0) await delay(latency);
    sendText(response, `a ${facts.label ?? 'thing'} in the photo`);
  });

  /** Noise, so that JPEGs are as large as they get. */
  const photo = join(folder, 'photo.jpg');
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  await writeFile(
    photo,
    await sharp({ create: { width: 640, height: 480, channels: 3, background: '#888', noise } })
      .jpeg()
      .toBuffer(),
  );
  const samples = Array.from({ length: PHOTOS }, (_, i): RegionSample => {
    const regions = Array.from({ length: REGIONS }, (_, j) => ({
      id: String(j),
      box: { x0: j / 10, y0: j / 10, x1: j / 10 + 0.3, y1: j / 10 + 0.3 },
      label: `thing ${i}-${j}`,
      description: '',
      source: 'bench',
    }));
    return { id: String(i), image: photo, width: 640, height: 480, caption: 'a street', regions };
  });

  /** Regions a second. */
  async function rate(options: Partial<LlmDescriberOptions>): Promise<number> {
    const rates: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const describer = createLlmDescriber({ baseUrl: server.baseUrl, model: 'bench', ...options });
      const begun = performance.now();
      const { undescribed } = await describer.describeRegions(samples);
      rates.push((PHOTOS * REGIONS * 1000) / (performance.now() - begun));
      if (undescribed.length > 0) throw new Error(undescribed[0]?.detail);
    }
    return median(rates);
  }

  const figures: Figure[] = [];
  const add = (name: string, value: number, unit = 'regions/s'): void => {
    figures.push({ name, value: Number(value.toPrecision(3)), unit });
  };

  await rate({});
  add('texts, server at once, 8 at a time', await rate({}));
  add('pictures, server at once, 8 at a time', await rate({ images: true }));
  // The first of its runs fills the cache; the median is of a full one.
  add('texts, all cached', await rate({ cache: join(folder, 'texts') }));
  add('pictures, all cached', await rate({ images: true, cache: join(folder, 'pictures') }));
  latency = LATENCY;
  add(`texts, server in ${LATENCY} ms, 8 at a time (at most 80)`, await rate({ concurrency: 8 }));
  add(`texts, server in ${LATENCY} ms, 32 at a time (at most 320)`, await rate({ concurrency: 32 }));

  const facts = { box: { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 }, label: 'car', attributes: ['red'] };
  const CHECKS = 20_000;
  const begun = performance.now();
  for (let i = 0; i < CHECKS; i += 1)
    checkDescription('an old red car with a dented door on the right side of the image', facts);
  add('check of one text', ((performance.now() - begun) * 1000) / CHECKS, 'µs');

  await server.close();
  await rm(folder, { recursive: true });
  return figures;
}
