import type { HostTensor } from '@fgam/compile';
import type { ImageSource } from '@fgam/data';
import { roundUp } from '../batch-size.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { modelsError } from '../error.js';
import { imageKey } from '../image-key.js';
import { PROMPT_UNIT } from './decode-chunk.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';

/** What visual tokens are computed from: an image, and the prompt where they depend on it. */
export interface Look {
  readonly image: ImageSource;
  readonly instruction?: Instruction;
}

/** A prompt as the vision side reads it. */
export interface Instruction {
  readonly ids: readonly number[];
  /** Most tokens that it could have. */
  readonly most: number;
}

/**
 * A prompt by the second tokenizer; undefined for models whose visual tokens depend on the image alone.
 *
 * @throws FgamError `models/bad-request` where it is longer than the vision side reads: it is not cut
 */
export function instructionTokens(
  { family, instructionTokenizer }: Pick<PretrainedModel, 'family' | 'instructionTokenizer'>,
  prompt: string,
  index: number,
): Instruction | undefined {
  if (family.instruction === undefined || instructionTokenizer === undefined) return undefined;
  const ids = instructionTokenizer.encode(prompt);
  const most = family.instruction.length;
  if (ids.length <= most) return { ids, most };
  throw modelsError(
    'models/bad-request',
    `generate: request ${index}: expected a prompt of at most ${most} tokens of the Q-Former's tokenizer, got ${ids.length}`,
  );
}

/** `instruction` [1, T] int32 and `instructionMask` [1, T] float32, padded so that captures are few. */
export function instructionInputs({
  ids,
  most,
}: Instruction): Record<'instruction' | 'instructionMask', HostTensor> {
  const length = Math.min(most, roundUp(Math.max(1, ids.length), PROMPT_UNIT));
  const instruction = int32Zeros([1, length]);
  const instructionMask = float32Zeros([1, length]);
  instruction.data.set(ids);
  instructionMask.data.fill(1, 0, ids.length);
  return { instruction, instructionMask };
}

/** The same for looks with the same visual tokens. */
export async function lookKey({ image, instruction }: Look): Promise<string> {
  const key = await imageKey(image);
  return instruction === undefined ? key : `${key} ${instruction.ids.join()}`;
}
