/**
 * What it is worth that a server's critic judges together what several requests ask at the same time: the shipped
 * critics on first answers of the base about a scenes folder, one call a question, all questions at once.
 * Gathered and not take turns in this process.
 *
 *     npx tsx --tsconfig tsconfig.json packages/cli/src/index.ts data build --from scenes --split test --count 20 --out SCENES
 *     npx tsx --tsconfig tsconfig.json packages/cli/bench/gathering.ts SCENES [CALLERS] [PASSES]
 */
import { isDeepStrictEqual } from 'node:util';
import type { Critic } from '@fgam/data';
import { loadModel } from '@fgam/models';
import { createGatheringCritic, formatFeedback } from '@fgam/rectifier';
import { answerQuestions, imageOf } from '../src/answer-questions.js';
import { openCritic } from '../src/ports/open-critic.js';
import { openAnswerer } from '../src/ports/open-answerer.js';
import { readSceneData } from '../src/scene-data.js';
import { BASE_MODEL, GROUNDING_MODEL, MODULE_MODEL } from '../src/train/model-names.js';
import { modelFolder, openNamedModel } from '../src/train/open-model.js';

const [scenes, callers = '16', passes = '5'] = process.argv.slice(2);
if (scenes === undefined) throw new Error('expected a scenes folder');
const data = await readSceneData(scenes);
const questions = data.questions.slice(0, Number(callers));
const model = await loadModel(modelFolder(BASE_MODEL));
const answerer = openAnswerer(model);
const predictions = await answerQuestions(answerer, data, questions);
await answerer.dispose();
const requests = questions.map((question, i) => ({
  image: imageOf(data, question),
  question: question.question,
  response: predictions[i]?.answer ?? '',
}));
const grounding = await openNamedModel(GROUNDING_MODEL);
for (const name of ['grounded', `text:${MODULE_MODEL}`]) {
  const opened = await openCritic(name, { model, folder: modelFolder(BASE_MODEL) }, grounding);
  const critics = { alone: opened.critic, gathered: createGatheringCritic(opened.critic) };
  const judge = (critic: Critic) =>
    Promise.all(requests.map(async (request) => (await critic.critique([request]))[0]));
  const seconds: Record<keyof typeof critics, number[]> = { alone: [], gathered: [] };
  let said: unknown;
  let others = 0;
  // The first pass of each makes sessions.
  for (let pass = 0; pass <= Number(passes); pass++)
    for (const kind of ['alone', 'gathered'] as const) {
      const began = performance.now();
      const feedbacks = (await judge(critics[kind])).map((feedback) => feedback && formatFeedback(feedback));
      if (pass > 0) seconds[kind].push((performance.now() - began) / 1000);
      if (said !== undefined && !isDeepStrictEqual(feedbacks, said)) others += 1;
      said ??= feedbacks;
    }
  const ratios = seconds.alone.map((each, i) => each / (seconds.gathered[i] ?? Number.NaN));
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)];
  console.log(
    `${name}: ${requests.length} callers, ${median?.toFixed(2)} times as fast gathered (${ratios.map((each) => each.toFixed(2)).join(', ')}); passes with other feedback: ${others}`,
  );
  await opened.dispose();
}
