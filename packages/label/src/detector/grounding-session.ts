import type { ImageSize } from '@fgam/data';
import * as ort from 'onnxruntime-node';
import { labelError } from '../error.js';
import type { GroundingOutput } from './grounded-detections.js';
import type { PreparedImage } from './prepare-image.js';

/** An image and the ids of the text to be grounded in it. */
export interface GroundingRow {
  readonly image: PreparedImage;
  readonly ids: readonly number[];
}

/** A Grounding DINO that runs. */
export interface GroundingSession {
  /** What the model's inputs are fixed to; undefined where they are free. */
  readonly fixed: {
    readonly batch: number | undefined;
    readonly tokens: number | undefined;
    readonly frame: ImageSize | undefined;
  };
  /**
   * One pass; images and texts are padded to the largest. It blocks the event loop while it runs.
   *
   * @returns one output a row
   * @throws FgamError `label/bad-output` where what comes back has other shapes
   */
  run(rows: readonly GroundingRow[]): Promise<GroundingOutput[]>;
  release(): Promise<void>;
}

const INPUTS = {
  pixel_values: { type: 'float32', rank: 4 },
  pixel_mask: { type: 'int64', rank: 3 },
  input_ids: { type: 'int64', rank: 2 },
  attention_mask: { type: 'int64', rank: 2 },
  token_type_ids: { type: 'int64', rank: 2 },
} as const;

const OUTPUTS = {
  logits: { type: 'float32', rank: 3 },
  pred_boxes: { type: 'float32', rank: 3 },
} as const;

/**
 * Opens a Grounding DINO's ONNX file.
 *
 * Inputs: pixel_values float32 `[B, 3, H, W]`, pixel_mask int64 `[B, H, W]`, input_ids, attention_mask and
 * token_type_ids int64 `[B, T]`. Outputs: logits float32 `[B, queries, columns]`, columns >= T; pred_boxes
 * float32 `[B, queries, 4]`.
 *
 * @param path - the ONNX file
 * @param options - `threads` of onnxruntime; `queries`: number that the config promises;
 * `padId`: id that fills texts up
 * @throws FgamError `label/bad-model` where the file is no ONNX model or its inputs and outputs are others, all listed
 */
export async function openGroundingSession(
  path: string,
  options: { readonly threads: number; readonly queries: number; readonly padId: number },
): Promise<GroundingSession> {
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: options.threads,
    logSeverityLevel: 3,
  }).catch((cause: unknown) => {
    throw labelError(
      'label/bad-model',
      `openGroundingSession: expected an ONNX model at ${path}, got: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  const faults = [
    ...borderFaults('input', session.inputMetadata, INPUTS, true),
    ...borderFaults('output', session.outputMetadata, OUTPUTS, false),
  ];
  const fixed = fixedLengths(session);
  if (fixed.batch !== undefined && fixed.batch > 1)
    faults.push(`input pixel_values: expected a free batch or one of 1, got ${fixed.batch}`);
  if (faults.length > 0) {
    await session.release();
    throw labelError(
      'label/bad-model',
      `openGroundingSession: expected a Grounding DINO at ${path}, got another model:\n  ${faults.join('\n  ')}\nexport it again, or give another file`,
    );
  }
  let released: Promise<void> | undefined;
  return {
    fixed,
    async run(rows) {
      const tokens = fixed.tokens ?? Math.max(...rows.map(({ ids }) => ids.length));
      const results = await session.run(
        {
          ...imageInputs(
            rows.map(({ image }) => image),
            fixed.frame,
          ),
          ...textInputs(
            rows.map(({ ids }) => ids),
            tokens,
            options.padId,
          ),
        },
        Object.keys(OUTPUTS),
      );
      return outputsOf(results, { rows: rows.length, queries: options.queries, tokens });
    },
    release: () => (released ??= session.release()),
  };
}

function borderFaults(
  side: 'input' | 'output',
  found: readonly ort.InferenceSession.ValueMetadata[],
  wanted: Readonly<Record<string, { readonly type: string; readonly rank: number }>>,
  exactly: boolean,
): string[] {
  const faults = Object.entries(wanted).flatMap(([name, { type, rank }]) => {
    const value = found.find((each) => each.name === name);
    if (value === undefined) return [`${side} ${name} is missing`];
    if (!value.isTensor) return [`${side} ${name} is no tensor`];
    const got = `${value.type} of rank ${value.shape.length}`;
    return value.type === type && value.shape.length === rank
      ? []
      : [`${side} ${name}: expected ${type} of rank ${rank}, got ${got}`];
  });
  const others = found.filter(({ name }) => exactly && !(name in wanted));
  return [...faults, ...others.map(({ name }) => `${side} ${name} is unknown`)];
}

function fixedLengths(session: ort.InferenceSession): GroundingSession['fixed'] {
  const lengths = (name: string): (number | undefined)[] => {
    const value = session.inputMetadata.find((each) => each.name === name);
    return value?.isTensor === true
      ? value.shape.map((length) => (typeof length === 'number' && length > 0 ? length : undefined))
      : [];
  };
  const [batch, , height, width] = lengths('pixel_values');
  const [, tokens] = lengths('input_ids');
  const frame = height === undefined || width === undefined ? undefined : { height, width };
  return { batch, tokens, frame };
}

/** Images at the top left of a frame that holds them all; zeros, and a mask of zeros, right and below. */
function imageInputs(
  images: readonly PreparedImage[],
  fixed: ImageSize | undefined,
): Record<'pixel_values' | 'pixel_mask', ort.Tensor> {
  const height = fixed?.height ?? Math.max(...images.map((image) => image.height));
  const width = fixed?.width ?? Math.max(...images.map((image) => image.width));
  const values = new Float32Array(images.length * 3 * height * width);
  const mask = new BigInt64Array(images.length * height * width);
  for (const [index, image] of images.entries()) {
    for (let y = 0; y < image.height; y++) {
      const start = (index * height + y) * width;
      mask.fill(1n, start, start + image.width);
      for (let channel = 0; channel < 3; channel++) {
        const from = (channel * image.height + y) * image.width;
        const to = ((index * 3 + channel) * height + y) * width;
        values.set(image.data.subarray(from, from + image.width), to);
      }
    }
  }
  return {
    pixel_values: new ort.Tensor('float32', values, [images.length, 3, height, width]),
    pixel_mask: new ort.Tensor('int64', mask, [images.length, height, width]),
  };
}

function textInputs(
  texts: readonly (readonly number[])[],
  tokens: number,
  padId: number,
): Record<'input_ids' | 'attention_mask' | 'token_type_ids', ort.Tensor> {
  const ids = new BigInt64Array(texts.length * tokens).fill(BigInt(padId));
  const mask = new BigInt64Array(texts.length * tokens);
  for (const [row, text] of texts.entries()) {
    ids.set(text.map(BigInt), row * tokens);
    mask.fill(1n, row * tokens, row * tokens + text.length);
  }
  const shape = [texts.length, tokens];
  return {
    input_ids: new ort.Tensor('int64', ids, shape),
    attention_mask: new ort.Tensor('int64', mask, shape),
    token_type_ids: new ort.Tensor('int64', new BigInt64Array(ids.length), shape),
  };
}

function outputsOf(
  results: ort.InferenceSession.ReturnType,
  expected: { readonly rows: number; readonly queries: number; readonly tokens: number },
): GroundingOutput[] {
  const { rows, queries, tokens } = expected;
  const logits = results['logits'];
  const boxes = results['pred_boxes'];
  const columns = logits?.dims[2] ?? 0;
  const shapes = `logits [${logits?.dims.join(', ')}], pred_boxes [${boxes?.dims.join(', ')}]`;
  const wanted = `logits [${rows}, ${queries}, ${tokens} or more], pred_boxes [${rows}, ${queries}, 4]`;
  if (
    !(logits?.data instanceof Float32Array && boxes?.data instanceof Float32Array) ||
    logits.dims.join() !== [rows, queries, columns].join() ||
    boxes.dims.join() !== [rows, queries, 4].join() ||
    columns < tokens
  )
    throw labelError(
      'label/bad-output',
      `openGroundingSession: expected ${wanted}, got ${shapes}; is config.json this model's?`,
    );
  const { data: allLogits } = logits;
  const { data: allBoxes } = boxes;
  return Array.from({ length: rows }, (_, row) => ({
    logits: allLogits.subarray(row * queries * columns, (row + 1) * queries * columns),
    boxes: allBoxes.subarray(row * queries * 4, (row + 1) * queries * 4),
    queries,
    columns,
  }));
}
