import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { statementOf } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { readSceneData } from '../scene-data.js';
import { statementSources, statementTurns } from './scene-corrections.js';

async function scenes() {
  const out = join(await temporary('statement-sources'), 'scenes');
  await writeScenes({ out, count: 4, seed: 5, split: 'train' });
  return readSceneData(out);
}

const turns = { questions: 1, captions: 2, statements: 3 };

test('statements are taught before the response is known, one of each short question', async () => {
  const data = await scenes();
  const sources = statementSources(data, { seed: 1 }, { turns });
  expect(sources.map(({ name, turns: own }) => [name, own])).toEqual([
    ['questions', 1],
    ['captions', 2],
    ['critic', 3],
  ]);
  const rows = sources.at(-1)?.examples ?? [];
  for (const { segments } of rows) expect(segments?.length).toBeLessThanOrEqual(6);
  const taught = rows.flatMap(({ segments = [] }) =>
    segments.map(({ prompt, answer }) => `${prompt} ${answer}`),
  );
  const wanted = data.questions.flatMap((question) => {
    const sample = data.sampleOf.get(question.sample);
    const statement = statementOf(question, sample === undefined ? {} : { sample });
    return statement === undefined
      ? []
      : [`User: ${question.question} Feedback: ${statement.kind} : ${statement.correction}`];
  });
  expect(wanted.length).toBeGreaterThan(40);
  expect(taught.sort()).toEqual(wanted.sort());
});

test('scenes with captions alone are refused', async () => {
  const data = await scenes();
  const captions = data.questions.filter(({ kind }) => kind === 'caption');
  expect(() => statementSources({ ...data, questions: captions }, { seed: 1 }, { turns })).toThrow(
    expect.objectContaining({ code: 'data/empty' }),
  );
});

test('turns are shares of a round of twenty, of each at least one that is asked for', () => {
  expect(statementTurns({})).toEqual({ questions: 0, captions: 0, statements: 20 });
  expect(statementTurns({ answers: 0.25, captions: 0.5 })).toEqual({
    questions: 5,
    captions: 10,
    statements: 5,
  });
  expect(statementTurns({ answers: 0.01 })).toEqual({ questions: 1, captions: 0, statements: 19 });
});
