import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import {
  boxArea,
  type CallOptions,
  type Detection,
  type Detector,
  type Provenance,
  suppressOverlaps,
} from '@fgam/data';
import { Tokenizer } from '@huggingface/tokenizers';
import { labelError } from '../error.js';
import { cachedDetect } from './cached-detect.js';
import { chunkPhrases, type PhraseChunk, type PhraseTokenizer } from './chunk-phrases.js';
import { filesSha256 } from '../files-sha256.js';
import { groundedDetections } from './grounded-detections.js';
import { type GroundingSession, openGroundingSession } from './grounding-session.js';
import { type GroundingSettings, groundingSettings } from './grounding-settings.js';
import { type ModelFolder, readModelFolder } from './model-folder.js';
import { normalizePhrase, promptOf } from './phrase-prompt.js';
import { type PreparedImage, prepareImage } from './prepare-image.js';
import { fittedSize, resizedSize } from './resized-size.js';

/** Options of `createGroundingDino`; those of `GroundingSettings` decide which detections stay. */
export interface GroundingDinoOptions extends Partial<GroundingSettings> {
  /** The model's folder, laid out as on the Hugging Face hub. */
  readonly folder: string;
  /** The ONNX file in the folder. Default: `onnx/model.onnx`, else its float16 or quantized form. */
  readonly weights?: string;
  /** Name of the detector in labels. Default `grounding-dino`. */
  readonly name?: string;
  /** Images (or texts for an image) that go through the model at once. Default 1: on a CPU more only cost memory. */
  readonly batchSize?: number;
  /** Most tokens of a text. Default and limit: the model's, 256. */
  readonly maxTokens?: number;
  /** Images of more pixels are refused. Default 100 million. */
  readonly maxPixels?: number;
  /** Threads of onnxruntime. Default: all cores. */
  readonly threads?: number;
  /** A folder that remembers what was found, by image, model, settings and phrases. Default: none. */
  readonly cache?: string;
}

/** A Grounding DINO behind the port `Detector`. */
export interface GroundingDino extends Detector {
  /**
   * What made the labels of these phrases, for `labelSample`.
   * @throws FgamError `label/bad-phrase`, as `detect` does
   */
  provenance(phrases: readonly string[]): Provenance;
  /** Frees the model. */
  release(): Promise<void>;
}

/**
 * Grounding DINO (Liu et al., 2023, arXiv 2303.05499) by onnxruntime: boxes for free phrases.
 *
 * An image goes through the model once for every text of at most `maxTokens` tokens that its phrases make
 * (`chunkPhrases`); the queries of all texts that pass the thresholds (`groundedDetections`) go through
 * non-maximum suppression label by label, then the surest `maxDetections` stay, surest first. Labels are the
 * phrases as given; one that repeats another (in lower case) is that one. Boxes and scores of two texts are
 * not compared: two labels may have one box.
 *
 * The model's passes block the event loop; between them other work goes on, and an abort is noticed. Nothing
 * is downloaded. The caller releases it.
 *
 * @throws FgamError `label/missing-file` that lists the files that are missing, `label/bad-model` where the
 * folder holds another model, `label/bad-config`. `detect`: `label/bad-image`, `label/missing-file`,
 * `label/bad-phrase`, `label/bad-output`, `label/cache-failed`, or the signal's reason
 * @example
 * ```ts
 * import { createGroundingDino } from '@fgam/label';
 * import sharp from 'sharp';
 *
 * // A tiny stand-in with Grounding DINO's inputs and outputs, which knows three colours.
 * const detector = await createGroundingDino({ folder: 'packages/label/test-fixtures/tiny-grounding-dino' });
 * const square = await sharp({ create: { width: 16, height: 8, channels: 3, background: '#f00' } }).png().toBuffer();
 * const image = await sharp({ create: { width: 64, height: 32, channels: 3, background: '#777' } })
 *   .composite([{ input: square, left: 16, top: 8 }])
 *   .png()
 *   .toBuffer();
 * const [found] = await detector.detect([{ image, phrases: ['a red square', 'a cat'] }]);
 * await detector.release();
 * if (found?.length !== 1 || found[0]?.label !== 'a red square') throw new Error(JSON.stringify(found));
 * console.log(found[0].box); // { x0: 0.25, y0: 0.25, x1: 0.5, y1: 0.5 }
 * ```
 */
export async function createGroundingDino(options: GroundingDinoOptions): Promise<GroundingDino> {
  const settings = groundingSettings(options);
  checkCounts(options);
  const folder = await readModelFolder(options.folder, options.weights);
  const { tokenizer, padId } = openTokenizer(folder);
  const session = await openGroundingSession(folder.weights[0], {
    threads: options.threads ?? availableParallelism(),
    queries: folder.queries,
    padId,
  });
  const sha256 = await filesSha256(folder.weights);
  const name = options.name ?? 'grounding-dino';
  const maxTokens = Math.min(
    options.maxTokens ?? folder.maxTokens,
    folder.maxTokens,
    session.fixed.tokens ?? Infinity,
  );
  const batchSize = session.fixed.batch ?? options.batchSize ?? 1;
  const prepare = imagePreparation(folder, session, options.maxPixels ?? 100e6);
  const provenance = (phrases: readonly string[]): Provenance => {
    const asked = chunkPhrases(phrases, tokenizer, maxTokens).flatMap(({ spans }) => spans);
    return {
      detector: name,
      weightsSha256: sha256,
      thresholds: { ...settings, maxTokens },
      prompt: promptOf(asked.map(({ label }) => normalizePhrase(label))),
    };
  };
  const detect: Detector['detect'] = async (requests, { signal }: CallOptions = {}) => {
    signal?.throwIfAborted();
    const passes = requests.flatMap(({ image, phrases }, request) =>
      chunkPhrases(phrases, tokenizer, maxTokens).map((chunk): Pass => ({ request, image, chunk })),
    );
    const found = requests.map((): Detection[] => []);
    let last: { readonly request: number; readonly image: PreparedImage } | undefined;
    for (let start = 0; start < passes.length; start += batchSize) {
      const batch = passes.slice(start, start + batchSize);
      const rows = [];
      for (const { request, image, chunk } of batch) {
        if (last?.request !== request) last = { request, image: await prepare(image) };
        rows.push({ image: last.image, ids: chunk.ids });
      }
      // A pass blocks: timers and signals have their turn here.
      await setImmediate();
      signal?.throwIfAborted();
      const outputs = await session.run(rows);
      for (const [row, output] of outputs.entries()) {
        const pass = batch[row] as Pass;
        const thresholds = { box: settings.boxThreshold, text: settings.textThreshold };
        found[pass.request]?.push(...groundedDetections(output, pass.chunk.spans, thresholds));
      }
    }
    return found.map((detections) => select(detections, settings));
  };
  const settingsSha256 = await filesSha256(folder.settings);
  return {
    name,
    provenance,
    detect:
      options.cache === undefined
        ? detect
        : cachedDetect(detect, options.cache, (phrases) => ({ ...provenance(phrases), settingsSha256 })),
    release: () => session.release(),
  };
}

/** One row of a pass through the model. */
interface Pass {
  readonly request: number;
  readonly image: string | Uint8Array;
  readonly chunk: PhraseChunk;
}

function select(detections: readonly Detection[], settings: GroundingSettings): Detection[] {
  const large = detections.filter(({ box }) => boxArea(box) >= settings.minArea);
  return suppressOverlaps(large, settings.iouThreshold).slice(0, settings.maxDetections);
}

function imagePreparation(
  { edges, scale }: ModelFolder,
  { fixed }: GroundingSession,
  maxPixels: number,
): (image: string | Uint8Array) => Promise<PreparedImage> {
  const { frame } = fixed;
  return (image) =>
    prepareImage(image, {
      sizeOf: (size) => (frame === undefined ? resizedSize(size, edges) : fittedSize(size, frame)),
      scale,
      maxPixels,
    });
}

function openTokenizer({ tokenizer: { json, config } }: ModelFolder): {
  readonly tokenizer: PhraseTokenizer;
  readonly padId: number;
} {
  try {
    const inner = new Tokenizer(json, config);
    return {
      tokenizer: {
        unkId: inner.token_to_id('[UNK]'),
        encode: (text, { whole }) => inner.encode(text, { add_special_tokens: whole }).ids,
      },
      padId: inner.token_to_id('[PAD]') ?? 0,
    };
  } catch (cause) {
    throw labelError(
      'label/bad-model',
      `createGroundingDino: expected BERT's tokenizer in tokenizer.json, got: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function checkCounts({
  batchSize = 1,
  maxTokens = 256,
  maxPixels = 1,
  threads = 1,
}: GroundingDinoOptions): void {
  const faults = Object.entries({ batchSize, maxTokens, maxPixels, threads }).flatMap(([name, value]) => {
    const least = name === 'maxTokens' ? 4 : 1;
    return Number.isInteger(value) && value >= least
      ? []
      : [`${name} ${value} is not a whole number >= ${least}`];
  });
  if (faults.length > 0)
    throw labelError(
      'label/bad-config',
      `createGroundingDino: expected valid options, got: ${faults.join('; ')}`,
    );
}
