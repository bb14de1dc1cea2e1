import { join } from 'node:path';
import {
  type Question,
  readQuestions,
  readScenes,
  type RegionSample,
  sceneWords,
  writeScenes,
} from '@fgam/data';
import {
  compactConfig,
  createTokenizer,
  createWeights,
  type FgamModel,
  vocabularyFromTexts,
} from '@fgam/models';
import type { TrainingExample } from '../src/index.js';

/** What benchmarks train on: the same for the same number of images. */
export interface BenchScenes {
  /** Untrained. */
  readonly model: FgamModel;
  readonly samples: readonly RegionSample[];
  readonly questions: readonly Question[];
  /** An image with six questions each. */
  readonly examples: readonly TrainingExample[];
}

/** Writes scenes below a folder, and reads them back with a compact model that has their words. */
export async function benchScenes(folder: string, images: number): Promise<BenchScenes> {
  const out = join(folder, 'scenes');
  await writeScenes({ out, count: images, seed: 1, split: 'train' });
  const { samples } = await readScenes(out);
  const questions = await readQuestions(join(out, 'questions.jsonl'));
  const texts = questions.flatMap(({ question, answer }) => [question, answer]);
  const tokenizer = createTokenizer(vocabularyFromTexts([...sceneWords(), ...texts]));
  const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
  const examples = samples.map((sample) => ({
    image: sample.image,
    sample,
    segments: questions
      .filter((question) => question.sample === sample.id && question.kind !== 'caption')
      .slice(0, 6)
      .map(({ question, answer }) => ({ prompt: `User: ${question} Assistant:`, answer })),
  }));
  return { model: { config, tokenizer, weights: createWeights(config, 1) }, samples, questions, examples };
}
