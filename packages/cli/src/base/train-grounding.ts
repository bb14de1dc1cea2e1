import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PixelCache, type SceneSplit, writeAtomic, writeScenes } from '@fgam/data';
import { cocoAveragePrecision } from '@fgam/label';
import { createModelDetector, type FgamModel, loadModel, saveModel, visionGrid } from '@fgam/models';
import { createModelStep, fileSha256 } from '@fgam/trainer';
import { imageOf } from '../answer-questions.js';
import { writeCalibrations } from '../ports/calibration-file.js';
import { existenceOn, GROUNDED, openGroundedCritic } from '../ports/open-critic.js';
import { newCompactModel } from '../recipes/new-model.js';
import { COMPACT_OPTIMIZER } from '../recipes/optimizer.js';
import { captionSource } from '../recipes/scene-sources.js';
import { runTraining } from '../run-training.js';
import { readSceneData, type SceneData } from '../scene-data.js';
import type { GroundingRecipe } from './grounding-recipe.js';

/** What training the grounding model came to. */
export interface TrainGroundingResult {
  /** Model folder. */
  readonly model: string;
  readonly sha256: string;
  /**
   * Of the fp16 file on held-out test scenes: COCO's average precisions of kinds, and how often the grounded critic refuses a wrong yes or no about existence (`recall`) and
   * accepts a right one (`specificity`), its threshold from validation scenes.
   */
  readonly scores: Readonly<Record<string, number>>;
}

/** Trains the model that the grounded critic asks, from random weights, scores it on held-out scenes, and writes its fp16 model folder. */
export async function trainGrounding(
  recipe: GroundingRecipe,
  { out, signal }: { readonly out: string; readonly signal: AbortSignal },
): Promise<TrainGroundingResult> {
  const { scenes, seed, weights, batchSize } = recipe;
  const data = async (split: SceneSplit): Promise<SceneData> => {
    const folder = join(out, 'scenes', split);
    await writeScenes({ out: folder, count: scenes[split], seed: scenes.seed, split, signal });
    return readSceneData(folder);
  };
  const train = await data('train');
  const model = newCompactModel({ seed, stem: recipe.stem, boxHiddenSize: recipe.boxHiddenSize });
  const pixels = new PixelCache({ size: visionGrid(model.config).imageSize });
  const trained = await runTraining({
    label: 'train: grounding',
    step: createModelStep({
      ...{ name: 'grounding', model, weights, batchSize, seed, pixels },
      sources: [{ name: 'regions', examples: captionSource(train).examples }],
      maxPhrases: kindsIn(train).length,
    }),
    out: join(out, 'training'),
    steps: recipe.steps,
    schedule: recipe.schedule,
    optimizer: COMPACT_OPTIMIZER,
    saveEvery: recipe.saveEvery,
    logEvery: recipe.logEvery,
    signal,
  });
  const folder = join(out, 'model');
  await saveModel(folder, { ...model, weights: trained.weights }, { dtype: 'F16' });
  // What is scored is what is shipped: the rounded weights.
  const shipped = await loadModel(folder);
  const test = await data('test');
  const scores = {
    ...(await detectionScores(shipped, test, signal)),
    ...(await existenceScores(shipped, await data('validation'), test, signal)),
  };
  await writeCalibrations(folder, { [GROUNDED]: { existence: scores.existenceThreshold, refusals: {} } });
  await writeAtomic(join(folder, 'recipe.json'), `${JSON.stringify({ recipe, scores }, null, 2)}\n`);
  await copyFile(join(out, 'training', 'metrics.jsonl'), join(folder, 'training-log.jsonl'));
  return { model: folder, sha256: await fileSha256(join(folder, 'model.safetensors')), scores };
}

/** All kinds that a split shows, sorted. */
function kindsIn({ samples }: SceneData): string[] {
  return [...new Set(samples.flatMap(({ regions }) => regions.map(({ label }) => label)))].sort();
}

async function detectionScores(
  model: FgamModel,
  data: SceneData,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const detector = createModelDetector(model, { threshold: 0.01 });
  try {
    const phrases = kindsIn(data);
    const found = await detector.detect(
      data.samples.map(({ image }) => ({ image, phrases })),
      { signal },
    );
    const { ap, ap50, ap75 } = cocoAveragePrecision(
      data.samples.map(({ regions }, i) => ({ truths: regions, detections: found[i] ?? [] })),
    );
    return { ap: rounded(ap), ap50: rounded(ap50), ap75: rounded(ap75) };
  } finally {
    await detector.dispose();
  }
}

async function existenceScores(
  model: FgamModel,
  validation: SceneData,
  test: SceneData,
  signal: AbortSignal,
): Promise<Record<'existenceRecall' | 'existenceSpecificity' | 'existenceThreshold', number>> {
  const opened = await openGroundedCritic(model, existenceOn(validation, signal));
  try {
    const questions = test.questions.filter(({ kind }) => kind === 'existence');
    const asked = (response: (answer: string) => string) =>
      opened.critic.critique(
        questions.map((question) => ({
          image: imageOf(test, question),
          question: question.question,
          response: response(question.answer),
        })),
        { signal },
      );
    const wrong = await asked((answer) => (answer === 'yes' ? 'no' : 'yes'));
    const right = await asked((answer) => answer);
    const share = (verdicts: typeof wrong, verdict: string): number =>
      rounded(verdicts.filter((each) => each.verdict === verdict).length / questions.length);
    return {
      existenceRecall: share(wrong, 'revise'),
      existenceSpecificity: share(right, 'accept'),
      existenceThreshold: rounded(opened.calibration.existence ?? Number.NaN),
    };
  } finally {
    await opened.dispose();
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
