import type { CallOptions, GenerateRequest, Generation, ImageSource } from '@fgam/data';
import { roundUp } from '../batch-size.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { decodeChunk, type Prefill, PROMPT_UNIT, rowOf } from './decode-chunk.js';
import { createDecodingPrograms } from './decoding-programs.js';
import type { GeneratorOptions, ModelGenerator } from './generator.js';
import { splicedPrefillProgram } from './programs.js';
import { instructionOf } from './instruction.js';
import { promptPositions } from './prompt-positions.js';
import { createSequence, type Sequence } from './sequence.js';
import { splicedInputs } from './spliced-inputs.js';
import { splicedPrompt, type VisualTokens } from './spliced-prompt.js';
import { createVisualReader, type Look } from './visual-reader.js';

/** A text to be continued in which each image token stands for an image. */
export interface PretrainedRequest extends GenerateRequest {
  /** In the order of their image tokens; `image` is short for one. */
  readonly images?: readonly ImageSource[];
}

/** A checkpoint behind the `Generator` port. */
export interface PretrainedGenerator extends ModelGenerator {
  generate(requests: readonly PretrainedRequest[], options?: CallOptions): Promise<readonly Generation[]>;
}

/**
 * Continues texts with a model of the Hugging Face hub, with a key-value cache: images anywhere in the prompt, several or none; what is seen
 * in an image is computed once for each distinct image and kept between calls; prompts of a batch are padded on the right.
 *
 * A prompt is taken as it is (`chatTemplate.render` makes one of a conversation); each image needs its image token in it, but for models whose images
 * go first, which take none. Greedy choices are those of transformers' `generate`: every token of the vocabulary may be said. `tokens` and `logprobs`
 * include the token that ends an answer; a checkpoint's own stop texts count where a request has none, and are cut off.
 *
 * @throws FgamError `models/bad-request`, or the image reader's error; an aborted call rejects with the signal's reason
 */
export function createPretrainedGenerator(
  model: PretrainedModel,
  options: GeneratorOptions = {},
): PretrainedGenerator {
  const { name = model.family.modelType, maxBatch = 32 } = options;
  const { family, tokenizer } = model;
  const { config } = family;
  const visual = createVisualReader(model, options);
  const { weights, stored, quantized } = model;
  const prefill = splicedPrefillProgram(config);
  const programs = createDecodingPrograms({ weights, stored, quantized, config, prefill }, options);

  function prefillOf(rows: readonly PreparedRow[]): Prefill {
    return async (sequences, cache, batch) => {
      const length = roundUp(Math.max(...rows.map(({ ids }) => ids.length)), PROMPT_UNIT);
      // Captures are few: as many visual tokens as the fullest row has, for each row of the batch.
      const most = Math.max(
        1,
        ...rows.map((row) => row.visual.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0)),
      );
      const sizes = { batch, length, visual: most * batch };
      const inputs = splicedInputs(rows, family.imageTokenId, config, sizes);
      const { logits, ...entries } = await programs.prefill(inputs);
      for (const [at, sequence] of sequences.entries()) {
        cache.write(at, 0, sequence.prompt.length, { tensors: entries, row: at });
        sequence.accept(rowOf(logits, at));
      }
      return sequences.map(() => 0);
    };
  }

  return {
    name,
    async generate(requests, call = {}) {
      const images = requests.map(
        ({ image, images: several }) => several ?? (image === undefined ? [] : [image]),
      );
      const looks = images.flatMap((own, i): Look[] => {
        if (own.length === 0) return [];
        const instruction = instructionOf(model, requests[i]?.prompt ?? '', i);
        return own.map((image) => ({ image, instruction }));
      });
      const tokens = [...(await visual.of(looks, call.signal))];
      const rows = requests.map((request, i): PreparedRow => {
        const own = tokens.splice(0, (images[i] ?? []).length);
        const ids = splicedPrompt(model, request, own, i);
        const sequence = createSequence({ ...request, stop: request.stop ?? model.stopTexts }, ids, {
          isAllowed: () => true,
          isEnd: (token) => model.endIds.includes(token),
          decode: (said) => tokenizer.decode(said),
        });
        return { sequence, ids, visual: own };
      });
      const order = [...rows].sort((a, b) => lengthOf(a) - lengthOf(b));
      for (let start = 0; start < order.length; start += maxBatch) {
        call.signal?.throwIfAborted();
        const chunk = order.slice(start, start + maxBatch);
        const shifts =
          config.text_config.mrope_section === undefined
            ? undefined
            : chunk.map(({ ids, visual: own }) => promptPositions(ids, family.imageTokenId, own).shift);
        await decodeChunk(
          config,
          programs,
          chunk.map(({ sequence }) => sequence),
          { prefill: prefillOf(chunk), prefix: 0, maxBatch, signal: call.signal, shifts },
        );
      }
      return rows.map(({ sequence }) => sequence.result());
    },
    async dispose() {
      await Promise.all([visual.dispose(), programs.dispose()]);
    },
  };
}

interface PreparedRow {
  readonly sequence: Sequence;
  readonly ids: readonly number[];
  readonly visual: readonly VisualTokens[];
}

function lengthOf({ sequence }: PreparedRow): number {
  return sequence.prompt.length + sequence.request.maxTokens;
}
