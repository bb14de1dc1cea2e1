import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { feedbackFor, injectErrors } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { imageOf } from '../answer-questions.js';
import { temporary } from '../commands/command.test-support.js';
import { readSceneData } from '../scene-data.js';
import { openShuffledOracle } from './open-shuffled-oracle.js';

test('refuses what the oracle refuses, and says what it would of another image', async () => {
  const folder = join(await temporary('shuffled'), 'scenes');
  await writeScenes({ out: folder, count: 6, seed: 3, split: 'test' });
  const data = await readSceneData(folder);
  const { critic, ...opened } = openShuffledOracle(data, 1);
  const ask = (response: (question: (typeof data.questions)[number]) => string) =>
    critic.critique(
      data.questions.map((question) => ({
        image: imageOf(data, question),
        question: question.question,
        response: response(question),
      })),
    );
  const right = await ask(({ answer }) => answer);
  expect(right.every(({ verdict }) => verdict === 'accept')).toBe(true);

  const wrongOf = (question: (typeof data.questions)[number]): string =>
    injectErrors(question)[0]?.response ?? '';
  const told = await ask(wrongOf);
  let others = 0;
  for (const [row, feedback] of told.entries()) {
    const question = data.questions[row];
    if (question === undefined || feedback.verdict === 'accept') throw new Error('expected a refusal');
    const sample = data.sampleOf.get(question.sample);
    const own = feedbackFor(question, wrongOf(question), sample === undefined ? {} : { sample });
    if (own.verdict === 'accept') throw new Error('expected a wrong answer');
    // Of the same kind, as a rule about something else: two images may have an object in common.
    if (question.kind !== 'caption' && question.kind !== 'reasoning')
      expect(feedback.issues[0]?.kind).toBe(own.issues[0]?.kind);
    if (feedback.text !== own.text) others += 1;
  }
  expect(others).toBeGreaterThan(0.8 * told.length);
  await opened.dispose();
  // The same seed tells the same.
  const again = openShuffledOracle(data, 1);
  const [question] = data.questions;
  if (question === undefined) throw new Error('no question');
  const request = {
    image: imageOf(data, question),
    question: question.question,
    response: wrongOf(question),
  };
  expect(await again.critic.critique([request])).toEqual(told.slice(0, 1));
});
