// crc-32 has types for its other table alone, and the bundler of types sees a declaration only where it is referred to.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./crc32c.d.ts" />
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@fgam/data';
import crc32c from 'crc-32/crc32c.js';
import protobuf from 'protobufjs/minimal.js';
import type { MetricsLine } from './metrics.js';

/** Where metrics go for TensorBoard. */
export interface EventFile {
  /** Adds the numbers of a line, each under its own tag. */
  append(line: MetricsLine): Promise<void>;
}

/** Field numbers of TensorFlow's `event.proto` and `summary.proto`. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SESSION = { status: 1, start: 1 } as const;
const VERSION = 'brain.Event:2';

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5] as const;

/** Added to a record's rotated CRC, as TFRecord has it: a CRC of data that contains CRCs is degenerate. */
const MASK_DELTA = 0xa282_ead8;

/**
 * Opens an event file of TensorBoard for a sitting of a run: `events.out.tfevents.<ms>.fgam` in `folder`.
 * Every sitting has a file of its own; one that goes on from a checkpoint says so, and TensorBoard leaves out
 * what earlier files have from there on.
 *
 * Tags: `loss`, `parts/NAME`, `gradientNorm`, `learningRate`, `tokensPerSecond`.
 *
 * @param done - updates done before this sitting
 * @see the TFRecord format and event.proto of TensorFlow
 */
export async function createEventFile(folder: string, done: number): Promise<EventFile> {
  await makeFolder(folder);
  const path = join(folder, `events.out.tfevents.${Date.now()}.fgam`);
  const write = (event: Uint8Array): Promise<void> => appendFile(path, record(event));
  await write(encodeEvent(0, (writer) => writer.uint32(tag(EVENT.fileVersion, BYTES)).string(VERSION)));
  if (done > 0)
    await write(
      encodeEvent(done + 1, (writer) => {
        writer.uint32(tag(EVENT.sessionLog, BYTES)).fork();
        writer.uint32(tag(SESSION.status, VARINT)).int32(SESSION.start).ldelim();
      }),
    );
  return {
    append: ({ step, loss, parts, gradientNorm, learningRate, tokensPerSecond }) =>
      write(
        encodeEvent(step, (writer) => {
          const named = Object.entries(parts).map(([name, value]) => [`parts/${name}`, value] as const);
          const numbers = { loss, ...Object.fromEntries(named), gradientNorm, learningRate, tokensPerSecond };
          writer.uint32(tag(EVENT.summary, BYTES)).fork();
          for (const [name, value] of Object.entries(numbers)) {
            writer.uint32(tag(SUMMARY_VALUE, BYTES)).fork();
            writer.uint32(tag(VALUE.tag, BYTES)).string(name);
            writer.uint32(tag(VALUE.simpleValue, FIXED32)).float(value).ldelim();
          }
          writer.ldelim();
        }),
      ),
  };
}

function tag(field: number, type: number): number {
  return (field << 3) | type;
}

function encodeEvent(step: number, body: (writer: protobuf.Writer) => void): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(EVENT.wallTime, FIXED64)).double(Date.now() / 1000);
  writer.uint32(tag(EVENT.step, VARINT)).int64(step);
  body(writer);
  return writer.finish();
}

/** TFRecord: length, its checksum, data, its checksum; little-endian. */
function record(data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(data.length + 16);
  bytes.writeBigUInt64LE(BigInt(data.length), 0);
  bytes.writeUInt32LE(maskedChecksum(bytes.subarray(0, 8)), 8);
  bytes.set(data, 12);
  bytes.writeUInt32LE(maskedChecksum(data), 12 + data.length);
  return bytes;
}

function maskedChecksum(data: Uint8Array): number {
  const checksum = crc32c.buf(data) >>> 0;
  return ((((checksum >>> 15) | (checksum << 17)) >>> 0) + MASK_DELTA) >>> 0;
}
