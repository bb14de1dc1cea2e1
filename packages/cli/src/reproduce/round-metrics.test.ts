import { join } from 'node:path';
import { writeScenes } from '@fgam/data';
import { injectErrors, rectify } from '@fgam/rectifier';
import { beforeAll, describe, expect, test } from 'vitest';
import { imageOf } from '../answer-questions.js';
import { temporary } from '../commands/command.test-support.js';
import { openOracleCritic } from '../ports/open-critic.js';
import { readSceneData, type SceneData } from '../scene-data.js';
import { roundMetrics, trajectoryAfter } from './round-metrics.js';

let data: SceneData;

beforeAll(async () => {
  const folder = join(await temporary('rounds'), 'scenes');
  const questions = {
    existence: { random: 2, popular: 1, adversarial: 1 },
    ...{ spatial: 2, attribute: 2, grounding: 1, reasoning: 2, location: 2, caption: 1 },
  };
  await writeScenes({ out: folder, count: 6, seed: 8, split: 'test', questions });
  const scenes = await readSceneData(folder);
  // A caption is mended in parts; a short answer is right or wrong. Some questions are asked twice of an image.
  const keys = scenes.questions.map(({ sample, question }) => `${sample}/${question}`);
  const asked = scenes.questions.filter(
    ({ kind }, place) => kind !== 'caption' && keys.indexOf(keys[place] ?? '') === place,
  );
  data = { ...scenes, questions: asked };
});

/** The loop from wrong answers, with a reviser that mends a third of them a round, by the oracle. */
function loopOf(rounds: number) {
  const answerOf = new Map(data.questions.map((each) => [`${imageOf(data, each)}/${each.question}`, each]));
  return rectify({
    requests: data.questions.map((question) => ({
      id: question.id,
      image: imageOf(data, question),
      question: question.question,
      response: injectErrors(question)[0]?.response ?? '',
    })),
    critic: openOracleCritic(data).critic,
    rounds,
    answerer: {
      name: 'reviser',
      answer: async (requests) =>
        requests.map(({ image, question, revision }) => {
          const truth = answerOf.get(`${String(image)}/${question}`);
          const before = revision?.response ?? '';
          const turns = /( hm)*$/.exec(before)?.[0].length ?? 0;
          const place = data.questions.findIndex(({ id }) => id === truth?.id);
          return { text: turns / 3 === place % 3 ? (truth?.answer ?? '') : `${before} hm` };
        }),
    },
  });
}

describe('roundMetrics', () => {
  test('rounds of one loop are those of loops with fewer rounds', async () => {
    const all = await loopOf(3);
    expect(all.some(({ attempts }) => attempts.length === 4)).toBe(true);
    for (const rounds of [1, 2]) {
      const fewer = await loopOf(rounds);
      expect(all.map((each) => trajectoryAfter(each, rounds).final)).toEqual(fewer.map(({ final }) => final));
    }
    expect(all.map((each) => trajectoryAfter(each, 0).final)).toEqual(
      all.map(({ attempts }) => attempts[0]?.response),
    );
  });

  test('counts errors, what was mended, and time, round by round', async () => {
    const seconds = [
      { critic: 1, revision: 0 },
      { critic: 0.5, revision: 2 },
      { critic: 0.25, revision: 1 },
    ];
    const loop = { trajectories: await loopOf(2), seconds };
    const metrics = roundMetrics({ loop, data, rounds: 2, answerSeconds: 4 });
    const n = data.questions.length;
    expect(metrics.map((each) => each['error.object'])[0]).toBe(1);
    expect(metrics[0]).toMatchObject({ 'fixed.all': 0, 'broken.all': 0, latency: 1, seconds: 4 / n });
    // Of each three questions one is mended in the first round, one more in the second.
    const mended = (rest: readonly number[]): number =>
      data.questions.filter((_, place) => rest.includes(place % 3)).length;
    expect(metrics[1]).toMatchObject({ 'fixed.all': mended([0]), 'net.all': mended([0]), 'broken.all': 0 });
    expect(metrics[2]).toMatchObject({
      'fixed.all': mended([0, 1]),
      latency: (4 + 1 + 0.5 + 2 + 0.25 + 1) / 4,
    });
    // Where an object is and how two of them lie are errors of one type.
    const ofKinds = (kinds: readonly string[]): number =>
      data.questions.filter(({ kind }, place) => kinds.includes(kind) && place % 3 === 0).length;
    expect(ofKinds(['location'])).toBeGreaterThan(0);
    expect(metrics[1]?.['fixed.relation']).toBe(ofKinds(['spatial', 'location']));
    const existence = data.questions.flatMap(({ kind }, place) => (kind === 'existence' ? [place] : []));
    const left = existence.filter((place) => place % 3 !== 0).length / existence.length;
    expect(metrics[1]?.['error.object']).toBeCloseTo(left, 12);
    expect(metrics[1]?.['existence.accuracy']).toBeCloseTo(1 - left, 12);
  });
});
