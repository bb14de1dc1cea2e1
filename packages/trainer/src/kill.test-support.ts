import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeScenes, readScenes, sceneWords } from '@fgam/data';
import { compactConfig, createTokenizer, createWeights, vocabularyFromTexts } from '@fgam/models';
import { createModelStep } from './model-step.js';
import { train } from './train.js';

/** Updates of the run that is killed. */
export const KILLED_STEPS = 20_000;

/**
 * A small stage-1 run in `folder/NAME`, resumed where it was killed; prints where it begins, and the
 * checkpoint's folder when it is done.
 */
export async function trainSmall(folder: string, name: string): Promise<string> {
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 24, seed: 3, split: 'train' });
  const { samples } = await readScenes(scenes);
  const tokenizer = createTokenizer(vocabularyFromTexts(sceneWords()));
  const config = compactConfig({
    vision_config: { hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1 },
    text_config: { vocab_size: tokenizer.size, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1 },
  });
  const step = createModelStep({
    name: 'killed',
    model: { config, tokenizer, weights: createWeights(config, 1) },
    sources: [{ name: 'scenes', examples: samples.map((sample) => ({ image: sample.image, sample })) }],
    weights: { tokens: 0, global: 1, regionText: 1, spatial: 0.2 },
    batchSize: 4,
    seed: 1,
  });
  const { checkpoint } = await train({
    step,
    out: join(folder, name),
    steps: KILLED_STEPS,
    schedule: { learningRate: 1e-3, warmup: 10 },
    saveEvery: 10,
    resume: true,
    // Whoever kills this run waits for it to begin.
    onStart: (done) => console.log(`begins at ${done}`),
  });
  return checkpoint;
}

const [, script, folder, name] = process.argv;
if (script === fileURLToPath(import.meta.url) && folder !== undefined && name !== undefined)
  console.log(await trainSmall(folder, name));
