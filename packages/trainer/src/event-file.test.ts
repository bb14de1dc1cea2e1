import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import crc32c from 'crc-32/crc32c.js';
import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import { createEventFile } from './event-file.js';

const LINE = {
  step: 300,
  loss: 1.5,
  parts: { tokens: 0.25 },
  gradientNorm: 2,
  learningRate: 0.001,
  tokensPerSecond: 1000,
};

/** The records of a file; a plain reader of TFRecord that checks length and sums. */
function readRecords(file: Buffer): Buffer[] {
  const masked = (bytes: Uint8Array): number => {
    const sum = BigInt(crc32c.buf(bytes) >>> 0);
    return Number((((sum >> 15n) | ((sum << 17n) & 0xffff_ffffn)) + 0xa282_ead8n) & 0xffff_ffffn);
  };
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(masked(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/** Fields of a message: by number, raw. */
function fields(bytes: Uint8Array): [number, number | string | Uint8Array][] {
  const reader = protobuf.Reader.create(bytes);
  const found: [number, number | string | Uint8Array][] = [];
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    const type = key & 7;
    const value =
      type === 0
        ? Number(reader.int64())
        : type === 1
          ? reader.double()
          : type === 5
            ? reader.float()
            : reader.bytes();
    found.push([key >>> 3, value]);
  }
  return found;
}

async function records(done: number): Promise<Buffer[]> {
  const folder = join(await mkdtemp(join(tmpdir(), 'events-')), 'events');
  const events = await createEventFile(folder, done);
  await events.append(LINE);
  const [name = ''] = await readdir(folder);
  expect(name).toMatch(/^events\.out\.tfevents\.\d+\.fgam$/);
  return readRecords(await readFile(join(folder, name)));
}

test('the checksum is the one of RFC 3720: 32 zero bytes', () => {
  expect(crc32c.buf(new Uint8Array(32)) >>> 0).toBe(0x8a91_36aa);
});

test('a version, and each number of a line under its tag', async () => {
  const [version, line] = (await records(0)).map(fields);
  expect(Buffer.from(version?.find(([field]) => field === 3)?.[1] as Uint8Array).toString()).toBe(
    'brain.Event:2',
  );
  expect(line?.find(([field]) => field === 2)?.[1]).toBe(300);
  const summary = fields(line?.find(([field]) => field === 5)?.[1] as Uint8Array);
  const numbers = summary.map(([, value]) => {
    const [[, name] = [], [, number] = []] = fields(value as Uint8Array);
    return [Buffer.from(name as Uint8Array).toString(), number];
  });
  expect(numbers).toEqual([
    ['loss', 1.5],
    ['parts/tokens', 0.25],
    ['gradientNorm', 2],
    ['learningRate', Math.fround(0.001)],
    ['tokensPerSecond', 1000],
  ]);
});

test('a sitting that goes on says from where', async () => {
  const [, session] = (await records(200)).map(fields);
  expect(session?.find(([field]) => field === 2)?.[1]).toBe(201);
  expect(fields(session?.find(([field]) => field === 7)?.[1] as Uint8Array)).toEqual([[1, 1]]);
});
