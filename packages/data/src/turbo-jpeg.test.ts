import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeBytes, decodeImage } from './decode-image.js';
import { encodeBySharp, encodeJpeg } from './encode-jpeg.js';
import { mapBounded } from './map-bounded.js';
import type { RgbImage } from './pixel-image.js';
import { createRandom } from './scenes/random.js';
import { sha256 } from './sha256.js';
import { type TurboJpeg, turboJpeg } from './turbo-jpeg.js';
import { TURBO_PROBE, TURBO_PROBE_SHA256 } from './turbo-probe.js';

/** By `tools/make-jpeg-kinds.py`. */
const kinds = Object.entries(
  JSON.parse(readFileSync(new URL('../test-fixtures/jpeg-kinds.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, string>
  >,
).map(([name, base64]) => [name, new Uint8Array(Buffer.from(base64, 'base64'))] as const);

/** `bash tools/setup-system` installs libturbojpeg. */
const library = await turboJpeg();
const isAbsent = !library && process.env['FGAM_REQUIRE_ALL'] !== '1';
const turbo = library as TurboJpeg;

const random = createRandom('turbo-jpeg');

/** Slopes, and noise of some strength. */
function drawn(width: number, height: number): RgbImage {
  const noise = random.int(1, 120);
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => ((i * 3) % 130) + random.int(0, noise),
  );
  return { data, width, height, channels: 3 };
}

/** The pixels, unless it was refused, and whether the library gave them. */
async function decoded(bytes: Uint8Array, by: TurboJpeg | undefined) {
  let isServed = false;
  const seen: TurboJpeg | undefined = by && {
    ...by,
    async decode(...args) {
      const pixels = await by.decode(...args);
      isServed ||= pixels !== undefined;
      return pixels;
    },
  };
  const result = await decodeBytes(bytes, seen, { maxPixels: 1_000_000 }).catch((error: unknown) => {
    // By no words: threads of libvips share one buffer for them.
    expect(error).toBeInstanceOf(Error);
    return 'refused';
  });
  return { result, isServed };
}

it('the probe is what sharp makes of it', async () => {
  const jpeg = await encodeBySharp(TURBO_PROBE.image, TURBO_PROBE.quality);
  const { data } = await decodeBytes(jpeg, undefined);
  expect(sha256(Buffer.concat([jpeg, data]))).toBe(TURBO_PROBE_SHA256);
});

describe('which library', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    vi.doUnmock('./turbo-probe.js');
  });
  const opened = async (file: string, expected = TURBO_PROBE_SHA256) => {
    vi.resetModules();
    vi.doMock('./turbo-probe.js', () => ({ TURBO_PROBE, TURBO_PROBE_SHA256: expected }));
    vi.stubEnv('FGAM_TURBOJPEG', file);
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const { turboJpeg: open } = await import('./turbo-jpeg.js');
    return { found: await open(), warnings: warn.mock.calls.map(([text]) => String(text)) };
  };

  it('none, where none is wanted', async () => {
    expect(await opened('off')).toEqual({ found: undefined, warnings: [] });
  });

  it('says that the one that was named is not there', async () => {
    const { found, warnings } = await opened('/nowhere/libturbojpeg.so');
    expect(found).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/\/nowhere.*read and written by sharp/)]);
  });

  it('and that it is another library', async () => {
    const libc = process.platform === 'linux' ? 'libc.so.6' : 'libSystem.dylib';
    const { found, warnings } = await opened(libc);
    expect(found).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(libc)]);
  });

  it.skipIf(isAbsent || process.platform !== 'linux')(
    'and that its bytes are not those of sharp',
    async () => {
      expect((await opened('libturbojpeg.so.0')).found).toBeDefined();
      const { found, warnings } = await opened('libturbojpeg.so.0', 'another');
      expect(found).toBeUndefined();
      expect(warnings).toEqual([expect.stringContaining('gives other bytes than sharp')]);
    },
  );
});

describe.skipIf(isAbsent)('libturbojpeg', () => {
  it('reads what sharp reads, to the bit', async () => {
    for (const chromaSubsampling of ['4:2:0', '4:4:4'])
      for (let i = 0; i < 15; i++) {
        const { data, ...raw } = drawn(random.int(1, 70), random.int(1, 70));
        const image = i % 5 === 0 ? sharp(data, { raw }).greyscale() : sharp(data, { raw });
        const bytes = await image.jpeg({ quality: random.int(20, 100), chromaSubsampling }).toBuffer();
        const own = await decoded(bytes, turbo);
        expect(own.isServed).toBe(true);
        expect(own.result).toEqual((await decoded(bytes, undefined)).result);
      }
  });

  it.each(kinds)('%s: the same with it as without', async (name, bytes) => {
    const own = await decoded(bytes, turbo);
    expect(own.isServed).toBe(!name.startsWith('progressive'));
    expect(own.result).toEqual((await decoded(bytes, undefined)).result);
  });

  it('leaves to sharp what is turned, of other colours, or larger than allowed', async () => {
    const { data, ...raw } = drawn(40, 30);
    const image = () => sharp(data, { raw });
    const turned = await image().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const wide = await image().withIccProfile('p3').jpeg().toBuffer();
    const cmyk = await image().toColourspace('cmyk').jpeg().toBuffer();
    // `withMetadata` adds a profile, which this one lacks: it is turned and nothing else.
    const upright = kinds.find(([name]) => name === 'exif, upright')?.[1] as Uint8Array;
    const tag = Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0]);
    const turnedAlone = upright.with(Buffer.from(upright).indexOf(tag) + tag.length, 6);
    expect(await decoded(turnedAlone, turbo)).toMatchObject({ result: { width: 39, height: 53 } });
    for (const bytes of [turned, turnedAlone, wide, cmyk]) {
      const own = await decoded(bytes, turbo);
      expect(own.isServed).toBe(false);
      expect(own.result).toEqual((await decoded(bytes, undefined)).result);
    }
    expect(await decoded(turned, turbo)).toMatchObject({ result: { width: 30, height: 40 } });
    const plain = await image().jpeg().toBuffer();
    await expect(decodeImage(plain, { maxPixels: 1199 })).rejects.toMatchObject({ code: 'data/bad-image' });
    expect((await decodeImage(plain, { maxPixels: 1200 })).width).toBe(40);
  });

  it('gives of what is broken the pixels that sharp does, or refuses it too', async () => {
    const drawing = await encodeJpeg(drawn(47, 33), { quality: 80 });
    const bases = [...kinds.map(([, bytes]) => bytes), drawing];
    const at = (bytes: Uint8Array) => random.int(2, bytes.length - 1);
    const faults: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
      (bytes) => bytes.subarray(0, at(bytes)),
      (bytes) => Buffer.concat([bytes.subarray(0, at(bytes)), Uint8Array.of(0xff, 0xd9)]),
      (bytes) => bytes.with(at(bytes), random.int(0, 255)).with(at(bytes), random.int(0, 255)),
      (bytes) =>
        bytes.map((byte, i) => (i > bytes.length * 0.7 && random.int(0, 40) === 0 ? byte ^ 8 : byte)),
      (bytes) => Buffer.concat([bytes, bytes.subarray(at(bytes))]),
      (bytes) => {
        const from = at(bytes);
        return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.int(1, 9))]);
      },
    ];
    const broken = Array.from({ length: 180 }, (_, i) =>
      (faults[i % faults.length] as (typeof faults)[number])(
        bases[random.int(0, bases.length - 1)] as Uint8Array,
      ),
    );
    const own = await mapBounded(broken, 8, (bytes) => decoded(bytes, turbo));
    const others = await mapBounded(broken, 8, (bytes) => decoded(bytes, undefined));
    expect(own.map(({ result }) => result)).toEqual(others.map(({ result }) => result));
    expect(own.filter(({ isServed }) => isServed).length).toBeGreaterThan(20);
  });

  it('writes the files that sharp writes, to the byte', async () => {
    for (let i = 0; i < 30; i++) {
      const image = drawn(random.int(1, 90), random.int(1, 90));
      const quality = random.int(1, 100);
      const own = turbo.encode(image, quality);
      expect(Buffer.compare(own as Uint8Array, await encodeBySharp(image, quality))).toBe(0);
    }
  });

  it('keeps calls apart, and leaves to sharp what is more than its queue holds', async () => {
    const images = Array.from({ length: 12 }, (_, i) => drawn(20 + i, 30));
    const files = await Promise.all(images.map((image) => encodeJpeg(image, { quality: 95 })));
    const alone: Uint8Array[] = [];
    for (const bytes of files) alone.push((await decodeBytes(bytes, undefined)).data);
    const all = await Promise.all(
      Array.from({ length: 300 }, (_, i) => decodeImage(files[i % 12] as Uint8Array)),
    );
    all.forEach(({ data }, i) => expect(Buffer.compare(data, alone[i % 12] as Uint8Array)).toBe(0));
  });

  it('reads a copy: what a caller does with its memory meanwhile is its own', async () => {
    const bytes = new Uint8Array(await encodeJpeg(drawn(60, 60), { quality: 90 }));
    const expected = await decodeBytes(bytes, undefined);
    const reading = turbo.decode(bytes, { width: 60, height: 60 });
    bytes.fill(0);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(await reading).toEqual(expected.data);
  });

  it('gives nothing where the size is another one, or the pixels are too few or too many', async () => {
    const bytes = await encodeJpeg(drawn(64, 48), { quality: 90 });
    expect(await turbo.decode(bytes, { width: 1, height: 1 })).toBeUndefined();
    const image: RgbImage = { data: new Uint8Array(10), width: 64, height: 48, channels: 3 };
    expect(turbo.encode(image, 90)).toBeUndefined();
    const large: RgbImage = { data: new Uint8Array(12_000_003), width: 4_000_001, height: 1, channels: 3 };
    expect(turbo.encode(large, 90)).toBeUndefined();
  });
});
