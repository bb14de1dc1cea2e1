import type { HostTensor } from '@fgam/compile';
import { roundUp } from '../batch-size.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';
import { modelsError } from '../error.js';
import { PROMPT_UNIT } from './reading-group.js';
import { float32Zeros, int32Zeros } from './host-zeros.js';

/**
 * A prompt in the tokens that the vision side reads; none for models whose visual tokens depend on the image alone.
 *
 * @throws FgamError `models/bad-request` where it is longer than what is read: it is not cut
 */
export function instructionOf(
  { family, instructionTokenizer }: Pick<PretrainedModel, 'family' | 'instructionTokenizer'>,
  prompt: string,
  index: number,
): readonly number[] {
  if (family.instruction === undefined || instructionTokenizer === undefined) return [];
  const ids = instructionTokenizer.encode(prompt);
  const most = family.instruction.length;
  if (ids.length <= most) return ids;
  throw modelsError(
    'models/bad-request',
    `generate: request ${index}: expected a prompt of at most ${most} tokens of the second tokenizer, got ${ids.length}`,
  );
}

/**
 * Inputs of an `InstructionReader` for each instruction, all padded to the same length, so that they run
 * together and captures are few.
 *
 * @param most - tokens that are read
 */
export function instructionInputs(
  instructions: readonly (readonly number[])[],
  most: number,
): Record<'instruction' | 'mask', HostTensor>[] {
  const longest = Math.max(1, ...instructions.map((ids) => ids.length));
  const length = Math.min(most, roundUp(longest, PROMPT_UNIT));
  return instructions.map((ids) => {
    const [instruction, mask] = [int32Zeros([1, length]), float32Zeros([1, length])];
    instruction.data.set(ids);
    mask.data.fill(1, 0, ids.length);
    return { instruction, mask };
  });
}
