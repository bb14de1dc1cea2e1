import { readFile } from 'node:fs/promises';
import protobuf from 'protobufjs/minimal.js';
import { FgamError } from './error.js';
import { type GraphMetadata, METADATA_KEY } from './export-graph.js';
import type { SessionOptions } from './session.js';
import { PREFIX, prefixed, signatureOf, specsOf } from './specs.js';
import { checkHostTensors, type HostTensor, type TensorSpec } from './tensors.js';
import { createRunner, type WorkerChoice } from './worker-runner.js';

/** Options of `openGraph`. */
export interface OpenGraphOptions extends Pick<SessionOptions, 'backend' | 'threads'> {
  /**
   * Read the weights and run in a thread of its own, to which inputs are moved unless this
   * says `copy`. Default false.
   */
  readonly worker?: WorkerChoice;
}

/** A saved graph that is ready to run. */
export interface OpenGraph extends Pick<GraphMetadata, 'name' | 'version' | 'inputs'> {
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  /**
   * Runs the graph on inputs of its shapes. Results are the caller's. With a worker, inputs are the worker's
   * from the call on: their arrays are empty then.
   */
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  /** Frees the session, after the runs that have begun, and ends the worker. */
  dispose(): Promise<void>;
}

/**
 * Opens a graph that `exportGraph` wrote; its option `memory` says what becomes of the weights.
 *
 * @throws FgamError `compile/bad-graph` for a file that is no such graph, or whose weights are not where it
 * says, `compile/no-backend`; `run` throws `compile/bad-input` for other names, shapes or element types,
 * `compile/disposed`, and `compile/no-worker` where the worker has ended
 * @example
 * ```ts
 * import { exportGraph, openGraph } from '@fgam/compile';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'graph-')), 'lengths.onnx');
 * await exportGraph(path, (_, { x }) => ({ length: tf.norm(x!, 'euclidean', 1) }), {
 *   inputs: { x: { shape: [2, 2], dtype: 'float32' } },
 * });
 * const graph = await openGraph(path);
 * if (graph.outputs['length']?.shape.join() !== '2') throw new Error('expected one number a row');
 * const { length } = await graph.run({
 *   x: { shape: [2, 2], dtype: 'float32', data: Float32Array.of(3, 4, 5, 12) },
 * });
 * if (length?.data.join() !== '5,13') throw new Error('expected 5 and 13');
 * await graph.dispose();
 * ```
 */
export async function openGraph(path: string, options: OpenGraphOptions = {}): Promise<OpenGraph> {
  const { worker = false, ...sessionOptions } = options;
  const { name, version, inputs, outputs } = metadataOf(await readFile(path), path);
  const results = Object.fromEntries(
    Object.entries(outputs).map(([key, { value, ...spec }]) => [key, { name: value, ...spec }]),
  );
  const runner = createRunner(name, worker);
  const graph = { model: path, outputs: results };
  const session = await runner.open(graph, sessionOptions).catch(async (cause: unknown) => {
    await runner.dispose();
    // No backend, or no worker.
    if (cause instanceof FgamError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new FgamError(
      'compile/bad-graph',
      `openGraph: ${path}: onnxruntime refuses it (${said}); are its weights where they were when it was written?`,
      { cause },
    );
  });
  const signature = signatureOf(inputs);
  let disposed = false;
  return {
    name,
    version,
    inputs,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([key, { shape, dtype }]) => [key, { shape, dtype }]),
    ),
    async run(given) {
      if (disposed)
        throw new FgamError('compile/disposed', `${name}: run after dispose; open the graph again`);
      checkHostTensors(`${name}: inputs`, given);
      const got = signatureOf(specsOf(given));
      if (got !== signature) {
        throw new FgamError(
          'compile/bad-input',
          `${name}: expected ${signature || 'no inputs'}, got ${got || 'none'}; a saved graph has one shape, createFunction takes any`,
        );
      }
      return session.run(runner.own(prefixed(PREFIX.input, given)), {});
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      try {
        await session.release();
      } finally {
        await runner.dispose();
      }
    },
  };
}

/** Number of `metadata_props` in ONNX's ModelProto, and of key and value in its entries. */
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

/** The metadata in the bytes of a model. */
function metadataOf(model: Uint8Array, path: string): GraphMetadata {
  const found = parsedMetadata(model);
  if (isMetadata(found)) return found;
  throw new FgamError(
    'compile/bad-graph',
    `openGraph: expected a graph of exportGraph in ${path}, got something else; export it again`,
    { cause: found },
  );
}

/** The value in the model's metadata, or the error that reading it gave. */
function parsedMetadata(model: Uint8Array): unknown {
  try {
    return JSON.parse(metadataText(model) ?? 'null');
  } catch (error) {
    return error;
  }
}

function metadataText(model: Uint8Array): string | undefined {
  const reader = protobuf.Reader.create(model);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 !== METADATA_PROPS) {
      reader.skipType(tag & 7);
      continue;
    }
    const end = reader.uint32() + reader.pos;
    const entry = new Map<number, string>();
    while (reader.pos < end) entry.set(reader.uint32() >>> 3, reader.string());
    if (entry.get(KEY) === METADATA_KEY) return entry.get(VALUE);
  }
  return undefined;
}

function isMetadata(value: unknown): value is GraphMetadata {
  if (!isRecord(value) || value['format'] !== 'fgam-graph') return false;
  const { name, version, inputs, outputs } = value;
  return (
    typeof name === 'string' &&
    typeof version === 'string' &&
    isRecord(inputs) &&
    Object.values(inputs).every(isSpec) &&
    isRecord(outputs) &&
    Object.values(outputs).every((output) => isSpec(output) && 'value' in output)
  );
}

function isSpec(value: unknown): value is TensorSpec {
  if (!isRecord(value)) return false;
  const { shape, dtype } = value;
  const isShape =
    Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  return isShape && (dtype === 'float32' || dtype === 'int32' || dtype === 'bool');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
