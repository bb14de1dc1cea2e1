import type { HostTensor } from '@fgam/compile';
import { modelsError } from '../error.js';
import { instructionInputs } from '../generation/instruction.js';
import type { VisualExtent } from '../generation/spliced-prompt.js';
import { stackImages } from '../generation/stack-images.js';
import { type PreparedImage, shapeKeyOf } from '../processors/image-processor.js';
import type { FamilyModel } from './family.js';

/** An image's visual tokens among those of a batch. */
export interface VisualPlace extends VisualExtent {
  /** The number of the first. */
  readonly first: number;
}

/** The images of a batch. */
export interface ImageBatch {
  /**
   * Inputs of `pretrainedLogits`: what the processor made, images of the same shapes side by side; with
   * shapes that differ, under `0/`, `1/`, ...
   */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** For `answerBatch`, in the images' order. */
  readonly places: readonly VisualPlace[];
}

/** Options of {@link imageBatch}. */
export interface ImageBatchOptions {
  /** For each image its prompt in the tokens that the vision side reads, for families that read one. */
  readonly instructions?: readonly (readonly number[])[];
  /** Equal parts that the batch is taken in (`microBatches`): visual tokens are counted anew in each. Default 1. */
  readonly parts?: number;
}

/**
 * Prepared images as `pretrainedLogits` reads them. Images of other shapes are other graphs: a step is
 * captured anew for each set of shapes that it meets.
 *
 * @param prepared - by the model's processor
 * @throws FgamError `models/bad-request` for several parts of images that are not all of one
 * shape, or do not go into them
 * @example
 * ```ts
 * import { imageBatch, openFamily } from '@fgam/models';
 *
 * const vision_config = { image_size: 8, patch_size: 4 };
 * const family = openFamily({ model_type: 'llava', vision_config, text_config: { vocab_size: 32001 } });
 * // As the model's processor prepares an image; four patches are four visual tokens.
 * const pixels = { shape: [1, 8, 8, 3], dtype: 'float32', data: new Float32Array(192) } as const;
 * const { inputs, places } = imageBatch(family, [{ pixels }, { pixels }]);
 * if (inputs['pixels']?.shape.join() !== '2,8,8,3') throw new Error(inputs['pixels']?.shape.join());
 * if (places.map(({ first }) => first).join() !== '0,4') throw new Error(JSON.stringify(places));
 * ```
 */
export function imageBatch(
  family: Pick<FamilyModel, 'visualExtent' | 'instruction'>,
  prepared: readonly PreparedImage[],
  { instructions = [], parts = 1 }: ImageBatchOptions = {},
): ImageBatch {
  const asked =
    family.instruction === undefined ? [] : instructionInputs(instructions, family.instruction.length);
  const images = prepared.map((image, i): PreparedImage => {
    const own = asked[i];
    return own === undefined ? image : { ...image, instruction: own.instruction, instructionMask: own.mask };
  });
  const groups = new Map<string, number[]>();
  for (const [i, image] of images.entries()) {
    const key = shapeKeyOf(image);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  // In an order that does not depend on the images': one graph for a set of shapes.
  const members = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  if (parts > 1 && (members.length > 1 || prepared.length % parts !== 0))
    throw modelsError(
      'models/bad-request',
      `imageBatch: expected images of one shape that go into ${parts} parts, got ${prepared.length} of ${members.length} shapes; take the batch whole`,
    );
  const inputs: Record<string, HostTensor> = {};
  const places: VisualPlace[] = [];
  let first = 0;
  for (const [at, group] of members.entries()) {
    const tensors = stackImages(group.map((i) => images[i] as PreparedImage));
    for (const [name, tensor] of Object.entries(tensors))
      inputs[members.length === 1 ? name : `${at}/${name}`] = tensor;
    for (const [row, i] of group.entries()) {
      if (row % (group.length / parts) === 0 && parts > 1) first = 0;
      const extent = family.visualExtent(images[i] as PreparedImage);
      places[i] = { ...extent, first };
      first += extent.shape[0] ?? 0;
    }
  }
  return { inputs, places };
}
