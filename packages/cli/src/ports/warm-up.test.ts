import {
  createRandom,
  type Critic,
  type CritiqueRequest,
  readImageSize,
  renderScene,
  sampleScene,
} from '@fgam/data';
import { createGroundedCritic, isCaptionQuestion, isShortQuestion } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { GROUNDING_MODEL } from '../train/model-names.js';
import { openModel } from '../train/open-model.js';
import { openGrounding } from './open-grounding.js';
import { warmUp } from './warm-up.js';

/** A critic that accepts all, and what it was asked. */
function recorded(name: string): { readonly critic: Critic; readonly calls: (readonly CritiqueRequest[])[] } {
  const calls: (readonly CritiqueRequest[])[] = [];
  const critique: Critic['critique'] = async (requests) => {
    calls.push(requests);
    return requests.map(() => ({ verdict: 'accept' }));
  };
  return { critic: { name, critique }, calls };
}

test('critics of this process judge a short question and a caption of a picture, the one at an endpoint nothing', async () => {
  const [grounded, llm, module] = ['grounded', 'llm', 'runs/module'].map(recorded);
  await warmUp([grounded, llm, module].flatMap((each) => each?.critic ?? []));
  expect(llm?.calls).toEqual([]);
  for (const calls of [grounded?.calls ?? [], module?.calls ?? []]) {
    expect(calls.map((requests) => requests.length)).toEqual([1, 1]);
    const [short, caption] = calls.flat();
    expect(isShortQuestion(short?.question ?? '')).toBe(true);
    expect(isCaptionQuestion(caption?.question ?? '')).toBe(true);
    expect(await readImageSize(short?.image ?? '')).toEqual({ width: 64, height: 64 });
  }
});

test('names the critic that fails, and why', async () => {
  const broken: Critic = { name: 'broken', critique: () => Promise.reject(new Error('no session')) };
  await expect(warmUp([recorded('first').critic, broken])).rejects.toMatchObject({
    code: 'fgam/bad-critic',
    message:
      'broken: expected a verdict on a made-up image, got no session; check the models that it reads, or name another with --critic',
  });
});

test('what the shipped grounding model reads of texts for other pictures is read before', async () => {
  const { grounding, dispose } = openGrounding(await openModel(GROUNDING_MODEL));
  const { scorer } = grounding;
  const read = new Set<string>();
  const critic = createGroundedCritic({
    ...grounding,
    scorer: {
      name: scorer.name,
      score: (requests, call) => {
        for (const text of requests.flatMap(({ texts }) => texts)) read.add(text);
        return scorer.score(requests, call);
      },
    },
  });
  await warmUp([critic]);
  const before = read.size;
  const pictures = await Promise.all(
    [1, 2, 3].map((i) => renderScene(sampleScene(createRandom(`later/${i}`)))),
  );
  await critic.critique(
    pictures.map((image) => ({ image, question: 'is there a red circle ?', response: 'yes' })),
  );
  expect(before).toBeGreaterThan(0);
  expect(read.size).toBe(before);
  await dispose();
});
