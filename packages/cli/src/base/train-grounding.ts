import { PixelCache } from '@fgam/data';
import { cocoAveragePrecision } from '@fgam/label';
import { createModelDetector, type FgamModel, visionGrid } from '@fgam/models';
import { createModelStep } from '@fgam/trainer';
import { imageOf } from '../answer-questions.js';
import { writeCalibrations } from '../ports/calibration-file.js';
import { existenceOn, GROUNDED, openGroundedCritic } from '../ports/open-critic.js';
import { newCompactModel } from '../recipes/new-model.js';
import { captionSource } from '../recipes/scene-sources.js';
import type { SceneData } from '../scene-data.js';
import type { GroundingRecipe } from './grounding-recipe.js';
import { type ShippedModel, trainShipped } from './train-shipped.js';

/**
 * Trains the model that the grounded critic asks, from random weights, scores it, and writes its fp16 model
 * folder with the critic's threshold, which is from validation scenes. Scores are of test scenes: COCO's
 * average precisions of kinds, and how often the grounded critic refuses a wrong yes or no about existence
 * (`existenceRecall`) and accepts a right one (`existenceSpecificity`).
 */
export async function trainGrounding(
  recipe: GroundingRecipe,
  run: { readonly out: string; readonly signal: AbortSignal },
): Promise<ShippedModel> {
  const { seed, weights, batchSize, stem, boxHiddenSize } = recipe;
  const { signal } = run;
  const trained = await trainShipped(
    recipe,
    {
      name: 'grounding',
      begin(train) {
        const model = newCompactModel({ seed, stem, boxHiddenSize });
        const pixels = new PixelCache({ size: visionGrid(model.config).imageSize });
        const step = createModelStep({
          ...{ name: 'grounding', model, weights, batchSize, seed, pixels },
          sources: [{ name: 'regions', examples: captionSource(train).examples }],
          maxPhrases: kindsIn(train).length,
        });
        return { model, step };
      },
      async score(model, data) {
        const test = await data('test');
        return {
          ...(await detectionScores(model, test, signal)),
          ...(await existenceScores(model, await data('validation'), test, signal)),
        };
      },
    },
    run,
  );
  const { existenceThreshold: existence } = trained.scores;
  await writeCalibrations(trained.model, { [GROUNDED]: { existence, refusals: {} } });
  return trained;
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
