/**
 * How far losses, gradients and updates of the tiny checkpoints are from torch's:
 * `npm run bench:gradients -w @fgam/trainer`.
 */
import { join } from 'node:path';
import { adapterWeights, isAdapterWeight, loadAdapter } from '@fgam/models';
import { TINY_CHECKPOINTS } from '../../models/src/families/tiny-checkpoint.test-support.js';
import { answerLoss } from '../src/answer-loss.js';
import { distanceFromTorch, ownNames, readTrainedCheckpoint } from '../src/answer-loss.test-support.js';

const rows: object[] = [];
for (const name of TINY_CHECKPOINTS) {
  const tiny = await readTrainedCheckpoint(name);
  const { family, weights } = tiny.model;
  const unreached = new Set(tiny.expected.whole.unreached.map(ownNames(tiny)));
  const adapter = adapterWeights(family, await loadAdapter(join(tiny.folder, 'adapter'), family));
  const trainings = {
    whole: { weights, isTrained: (own: string) => !unreached.has(own), expected: tiny.expected.whole },
    adapter: {
      weights: { ...weights, ...adapter },
      isTrained: isAdapterWeight,
      expected: tiny.expected.lora,
    },
  };
  for (const [trained, { weights: all, isTrained, expected }] of Object.entries(trainings))
    for (const recompute of [false, true]) {
      const options = { weights: all, loss: answerLoss(family, { recompute, isTrained }) };
      const far = await distanceFromTorch(tiny, options, isTrained, expected);
      rows.push({
        checkpoint: name,
        trained: `${trained}${recompute ? ', recomputed' : ''}`,
        loss: far.loss.toExponential(1),
        gradients: far.gradients.difference.toExponential(1),
        'worst of them': far.gradients.name,
        'after two updates': far.weights.difference.toExponential(1),
      });
    }
}
console.table(rows);
