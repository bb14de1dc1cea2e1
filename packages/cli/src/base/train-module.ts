import { join } from 'node:path';
import { type CriticJudgement, criticScores, type Prediction } from '@fgam/bench';
import { type Critic, writeAtomic } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import { EVIDENCE_PROMPT, feedbackFor, isAcceptance } from '@fgam/rectifier';
import { createModelStep, type Step, type TrainingSource } from '@fgam/trainer';
import { answerQuestions, imageOf } from '../answer-questions.js';
import { type EvidenceFile, writeEvidenceFile } from '../ports/evidence-file.js';
import { openAnswerer } from '../ports/open-answerer.js';
import { openTextCritic } from '../ports/open-text-critic.js';
import { partCopyingSource } from '../recipes/copying-sources.js';
import type { SceneData } from '../scene-data.js';
import { evidenceSources } from '../train/evidence-sources.js';
import { BASE_MODEL, GROUNDING_MODEL } from '../train/model-names.js';
import { openModel, openNamedModel } from '../train/open-model.js';
import { weightsSha256 } from '../weights-sha256.js';
import type { ModuleRecipe } from './module-recipe.js';
import { type ShippedModel, trainShipped } from './train-shipped.js';

/** Resamples of intervals, which the scores leave out. */
const RESAMPLES = 100;
const ANSWERS = { tokens: 1, global: 0, regionText: 0, spatial: 0 } as const;

/**
 * Trains the module that reads in words what the grounding checkpoint sees, and writes its fp16 model
 * folder. Scores are of the base checkpoint's first answers to questions about test scenes: of the
 * answers that the module refuses the share that is wrong, and of the wrong ones the share that it
 * refuses, by kind of question.
 */
export async function trainModule(
  recipe: ModuleRecipe,
  { out, signal }: { readonly out: string; readonly signal: AbortSignal },
): Promise<ShippedModel> {
  const { copying, module, ...common } = recipe;
  const { seed, batchSize, evidence } = common;
  const grounding = await openNamedModel(GROUNDING_MODEL);
  const file: EvidenceFile = {
    ...{ format: 'fgam-evidence', version: 1, prompt: EVIDENCE_PROMPT.name },
    ...(evidence.about === undefined ? {} : { about: evidence.about }),
    ...(evidence.states === undefined ? {} : { states: evidence.states }),
    captions: false,
    grounding: await weightsSha256(grounding.folder),
  };
  const stepOf = (name: string, model: FgamModel, sources: readonly TrainingSource[]): Step =>
    createModelStep({ name, model, sources, weights: ANSWERS, batchSize, seed, readsImages: false });
  const copier = await trainShipped(
    { ...common, ...copying },
    {
      name: 'copying',
      async begin(data) {
        const model = await openModel(BASE_MODEL);
        return { model, step: stepOf('copying', model, [partCopyingSource(data, seed)]) };
      },
      score: () => Promise.resolve({}),
    },
    { out: join(out, 'copying'), signal },
  );
  const folder = join(out, 'module');
  const trained = await trainShipped(
    { ...common, ...module },
    {
      name: 'module',
      async begin(whole) {
        const model = await openModel(copier.model);
        const short = withoutCaptions(whole);
        const config = { seed, evidence: { ...evidence, grounding: GROUNDING_MODEL } };
        return { model, step: stepOf('module', model, await evidenceSources(short, config, model)) };
      },
      score: async (model, data) => {
        const critic = await openTextCritic({ model, folder }, file, grounding);
        try {
          return await refusalScores(critic.critic, withoutCaptions(await data('test')), signal);
        } finally {
          await critic.dispose();
        }
      },
    },
    { out: folder, signal },
  );
  await writeEvidenceFile(trained.model, file);
  // Both runs, not the second alone.
  await writeAtomic(
    join(trained.model, 'recipe.json'),
    `${JSON.stringify({ recipe, scores: trained.scores }, null, 2)}\n`,
  );
  return trained;
}

function withoutCaptions(data: SceneData): SceneData {
  return { ...data, questions: data.questions.filter(({ kind }) => kind !== 'caption') };
}

/** Precision and recall of refusals of the base checkpoint's answers, by kind of question. */
async function refusalScores(
  critic: Critic,
  data: SceneData,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const answers = await baseAnswers(await openModel(), data, signal);
  const feedbacks = await critic.critique(
    data.questions.map((question, i) => ({
      image: imageOf(data, question),
      question: question.question,
      response: answers[i]?.answer ?? '',
    })),
    { signal },
  );
  const judgements = data.questions.map((question, i): CriticJudgement => {
    const sample = data.sampleOf.get(question.sample);
    const truth = feedbackFor(question, answers[i]?.answer ?? '', sample === undefined ? {} : { sample });
    const said = feedbacks[i];
    return {
      group: question.sample,
      wrong: truth.verdict === 'accept' ? [] : [question.kind],
      found: said === undefined || isAcceptance(said) ? [] : [question.kind],
    };
  });
  return Object.fromEntries(
    criticScores(judgements, { resamples: RESAMPLES })
      .flatMap(({ type, precision, recall }): [string, number][] => [
        [`${type}.precision`, precision],
        [`${type}.recall`, recall],
      ])
      // A kind that is never refused has no precision.
      .flatMap(([name, value]) => (Number.isFinite(value) ? [[name, Number(value.toFixed(4))]] : [])),
  );
}

async function baseAnswers(model: FgamModel, data: SceneData, signal: AbortSignal): Promise<Prediction[]> {
  const answerer = openAnswerer(model);
  try {
    return await answerQuestions(answerer, data, data.questions, { signal });
  } finally {
    await answerer.dispose();
  }
}
