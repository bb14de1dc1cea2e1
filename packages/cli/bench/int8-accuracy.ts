/**
 * What weights in 8 bits cost in answers: the base model's accuracy over a scenes folder, in float32 and in int8.
 *
 *     npx tsx --tsconfig tsconfig.json packages/cli/src/index.ts data build --from scenes --split test --count 400 --out SCENES
 *     npx tsx --tsconfig tsconfig.json packages/cli/bench/int8-accuracy.ts SCENES [MODEL]
 */
import { scoreScenes } from '@fgam/bench';
import { loadModel } from '@fgam/models';
import { answerQuestions } from '../src/answer-questions.js';
import { scoreRows, scoreTable } from '../src/bench-tasks/score-rows.js';
import { openAnswerer } from '../src/ports/open-answerer.js';
import { readSceneData } from '../src/scene-data.js';
import { BASE_MODEL } from '../src/train/model-names.js';
import { modelFolder } from '../src/train/open-model.js';

const [scenes, model = BASE_MODEL] = process.argv.slice(2);
if (scenes === undefined) throw new Error('expected a scenes folder');
const data = await readSceneData(scenes);
const { questions, samples } = data;
const said = [];
for (const weights of ['memory', 'int8'] as const) {
  const answerer = openAnswerer(await loadModel(modelFolder(model), { weights }));
  const predictions = await answerQuestions(answerer, data, questions);
  await answerer.dispose();
  const { scores } = scoreScenes({ questions, samples, predictions, allowMissing: true, seed: 1 });
  console.log(scoreTable(scoreRows(weights === 'int8' ? 'int8' : 'float32', scores)));
  said.push(predictions.map(({ answer }) => answer));
}
const [exact = [], rounded = []] = said;
const same = exact.filter((answer, i) => answer === rounded[i]).length;
console.log(`${same} of ${exact.length} answers to the letter`);
