import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { correctionExamples } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { readSceneData } from '../scene-data.js';
import { captionSource, correctionSources, instructionSources } from './scene-sources.js';

/** What each row of a source says, in order. */
async function rowsIn(folder: string): Promise<unknown[]> {
  await writeScenes({ out: folder, count: 12, seed: 4, split: 'train' });
  const scenes = await readSceneData(folder);
  const { questions, samples } = scenes;
  const drafts = questions.map(({ id }, i) => ({ question: id, response: i % 2 === 0 ? 'yes' : 'no' }));
  const examples = correctionExamples({ questions, samples, drafts, seed: 2 });
  const turns = { questions: 1, captions: 1 };
  return [
    captionSource(scenes),
    ...instructionSources(scenes, { parts: 3, turns }),
    ...correctionSources(scenes, examples, 'reviser', turns),
    ...correctionSources(scenes, examples, 'critic', turns),
  ].map(({ name, examples: rows }) => [name, rows.map(({ segments }) => segments)]);
}

test('rows are the same wherever the scenes lie', async () => {
  const [here, there] = [await temporary('here'), await temporary('there')];
  const rows = await rowsIn(join(here, 'scenes'));
  expect(rows).toHaveLength(7);
  expect(await rowsIn(join(there, 'deeper', 'scenes'))).toEqual(rows);
});
