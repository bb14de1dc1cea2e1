import { planTraining, type TensorSpec } from '@fgam/compile';
import { describe, expect, it } from 'vitest';
import { answerLoss } from './answer-loss.js';
import { readTrainedCheckpoint } from './answer-loss.test-support.js';

const TEXTS = ['ids', 'slots', 'positions', 'labels', 'mask'];

describe.each(['tiny-llava', 'tiny-qwen2-vl', 'tiny-blip2'])('%s', (name) => {
  it('does no gradient work for a frozen vision side', async () => {
    const { model, inputs } = await readTrainedCheckpoint(name);
    const { family, weights } = model;
    const flops = (isTrained: (weight: string) => boolean, isInput: (input: string) => boolean): number =>
      planTraining({
        loss: answerLoss(family, { isTrained }),
        weights: specs(weights),
        inputs: specs(Object.fromEntries(Object.entries(inputs).filter(([input]) => isInput(input)))),
        optimizer: { trainable: isTrained },
      }).flops;
    const isLanguage = (weight: string): boolean => weight.startsWith('language_model.');
    const all = (): boolean => true;
    const frozen = flops(isLanguage, all);
    const forward = frozen - flops(isLanguage, (input) => TEXTS.includes(input));
    expect(forward).toBeGreaterThan(0);
    // Backward is two products for each one forward, but for the patches' embedding, whose input has no gradient.
    const backward = (flops(family.isRead, all) - frozen) / forward;
    expect(backward).toBeGreaterThan(1.2);
    expect(backward).toBeLessThan(2.3);
  });
});

function specs(tensors: Readonly<Record<string, TensorSpec>>): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  );
}
