import { type CompiledFunction, createFunction, type HostTensor } from '@fgam/compile';
import { type ConversationInputs, collatePixels, type ImageSource, PixelCache } from '@fgam/data';
import {
  conversationHidden,
  connector,
  type FgamModel,
  tokenLogits,
  visionGrid,
  visionTower,
} from '@fgam/models';
import { trainerError } from './error.js';
import { fingerprintTokenizer, fingerprintWeights } from './fingerprint.js';
import { packedTexts } from './tensors.js';

/** A larger model that a smaller one learns from. */
export interface Distillation {
  /** Reads the same texts, in the same tokens. */
  readonly teacher: FgamModel;
  /** Of both distributions (`distillationLoss`). Default 1. */
  readonly temperature?: number;
}

/** A teacher at work. */
export interface Teacher {
  /** What decides the course of a run. */
  readonly identity: unknown;
  /** Its logits [B, T, V] of packed conversations. */
  logits(
    images: readonly ImageSource[],
    texts: Omit<ConversationInputs, 'pixels'>,
    blockLength: number,
  ): Promise<HostTensor>;
  dispose(): Promise<void>;
}

/**
 * Puts a teacher beside a student. Its logits are computed ahead of an update, of which they are an input: it
 * has no gradient, and images of its own size.
 *
 * @param name - the step's, for errors
 * @throws FgamError `trainer/bad-config` where the two differ in their tokenizers or vocabularies
 */
export function createTeacher(
  name: string,
  { teacher, temperature = 1 }: Distillation,
  { student, readsImages }: { readonly student: FgamModel; readonly readsImages: boolean },
): Teacher {
  const { config, weights, tokenizer } = teacher;
  const prints = [tokenizer, student.tokenizer].map(fingerprintTokenizer);
  const sizes = [config, student.config].map((each) => each.text_config.vocab_size);
  if (prints[0] !== prints[1] || sizes[0] !== sizes[1])
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected a teacher with the student's tokenizer and vocabulary, got another (${sizes.join(' and ')} tokens); distil from a model of the same words`,
    );
  const pixels = new PixelCache({ size: visionGrid(config).imageSize });
  const programs = new Map<number, CompiledFunction>();

  /** One program a length of blocks, which is not in its inputs. */
  function programOf(blockLength: number): CompiledFunction {
    const known = programs.get(blockLength);
    if (known !== undefined) return known;
    const made = createFunction(
      (model, inputs) => {
        const seen = inputs['pixels'];
        const visual = seen && connector(model, config, visionTower(model, config, seen));
        const hidden = conversationHidden(model, config, visual, packedTexts(inputs), { blockLength });
        return { logits: tokenLogits(model, config, hidden) };
      },
      { weights, name: 'teacher' },
    );
    programs.set(blockLength, made);
    return made;
  }

  return {
    identity: { weights: fingerprintWeights(weights), config, temperature },
    async logits(images, { inputIds, segmentIds, positions }, blockLength) {
      const seen = readsImages ? { pixels: collatePixels(await pixels.loadAll(images)) } : {};
      const { logits } = await programOf(blockLength).run({ ...seen, inputIds, segmentIds, positions });
      if (logits === undefined) throw new Error('teacher: its program has no logits');
      return logits;
    },
    async dispose() {
      await Promise.all([...programs.values()].map((program) => program.dispose()));
    },
  };
}
