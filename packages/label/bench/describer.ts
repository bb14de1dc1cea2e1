import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RegionSample } from '@fgam/data';
import sharp from 'sharp';
import type { Benchmark } from '../../../tools/bench-packages/create-benchmark.js';
import { sendText, startChatServer } from '../../data/src/chat-server.test-support.js';
import { checkDescription, createLlmDescriber, type LlmDescriberOptions } from '../src/index.js';

const REGIONS = 8;
/** What a fast model behind a server takes. */
const LATENCY = 100;

/** Regions described by a server on this machine, and the check of a text. */
export async function benchDescriber(benchmark: Benchmark): Promise<void> {
  const photos = benchmark.isQuick ? 8 : 50;
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
  const samples = Array.from({ length: photos }, (_, i): RegionSample => {
    const regions = Array.from({ length: REGIONS }, (_, j) => ({
      id: String(j),
      box: { x0: j / 10, y0: j / 10, x1: j / 10 + 0.3, y1: j / 10 + 0.3 },
      label: `thing ${i}-${j}`,
      description: '',
      source: 'bench',
    }));
    return { id: String(i), image: photo, width: 640, height: 480, caption: 'a street', regions };
  });

  /** A new describer a run: its budget and its cache's index are of one run. */
  const describe = (name: string, options: Partial<LlmDescriberOptions>, waits = false) =>
    benchmark.time(
      name,
      async () => {
        const describer = createLlmDescriber({ baseUrl: server.baseUrl, model: 'bench', ...options });
        const { undescribed } = await describer.describeRegions(samples);
        if (undescribed.length > 0) throw new Error(undescribed[0]?.detail);
      },
      { items: photos * REGIONS, per: 'region', waits },
    );

  await describe('texts, server at once, 8 at a time', {});
  await describe('pictures, server at once, 8 at a time', { images: true });
  // The run to warm up fills the cache.
  await describe('texts, all cached', { cache: join(folder, 'texts') });
  await describe('pictures, all cached', { images: true, cache: join(folder, 'pictures') });
  latency = LATENCY;
  for (const concurrency of [8, 32])
    await describe(
      `texts, server in ${LATENCY} ms, ${concurrency} at a time (at least ${LATENCY / concurrency} ms)`,
      { concurrency },
      true,
    );

  const facts = { box: { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 }, label: 'car', attributes: ['red'] };
  const CHECKS = 20_000;
  const check = () => {
    for (let i = 0; i < CHECKS; i += 1)
      checkDescription('an old red car with a dented door on the right side of the image', facts);
  };
  await benchmark.time('check of one text', check, { items: CHECKS });

  await server.close();
  await rm(folder, { recursive: true });
}
