import type { Critic, Feedback, Question } from '@fgam/data';
import { parseFeedback, PortError, rectify } from '@fgam/rectifier';
import { describe, expect, it } from 'vitest';
import { sceneDataOf } from '../scene-data.js';
import { judgeByCritic } from './judge-by-critic.js';
import { judgeByTruth } from './judge-by-truth.js';
import type { JudgedResponse } from './judged-response.js';
import { distinctResponses, type OwnResponse } from './own-response.js';
import { ownTrajectories } from './own-trajectories.js';

const sample = { id: 'a', image: 'a.png', width: 64, height: 64, regions: [] };
const about = (id: string, question: string, answer: string): Question => ({
  ...{ id, sample: 'a', kind: 'existence', question, answer },
});
const circle = about('circle', 'is there a red circle ?', 'no');
const square = about('square', 'is there a blue square ?', 'yes');
const data = sceneDataOf([sample], [circle, square]);
const says = (question: Question, response: string): OwnResponse => ({ question, response });

/** Says the same of each response whenever it is asked, and counts its calls. */
function criticOf(feedbacks: Readonly<Record<string, Feedback>>): Critic & { readonly calls: string[][] } {
  const calls: string[][] = [];
  return {
    name: 'told',
    calls,
    critique: async (requests) => {
      calls.push(requests.map(({ response }) => response));
      return requests.map(({ response }) => feedbacks[response] ?? { verdict: 'accept', confidence: 0.9 });
    },
  };
}

const judge = (responses: readonly OwnResponse[], critic: Critic): Promise<JudgedResponse[]> =>
  judgeByCritic(responses, {
    ...{ critic, data, signal: new AbortController().signal, onProgress: () => {} },
  });
/** The loop about the response that {@link judge} is given. */
const loopOf = (critic: Critic) =>
  rectify({
    answerer: { name: 'none', answer: () => Promise.reject(new Error('not asked')) },
    ...{ critic, requests: [{ ...circle, image: 'a.png', response: 'yes' }] },
  });
const thrownBy = async (work: Promise<unknown>): Promise<PortError> => {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (error instanceof PortError) return error;
  throw new Error('expected a PortError', { cause: error });
};
const refusal = (text: string, response: string): Feedback => ({
  ...parseFeedback(text, { response }),
  confidence: 0.8,
});

it('keeps each response once a question, white space aside', () => {
  const responses = [says(circle, 'yes'), says(square, 'yes'), says(circle, ' yes '), says(circle, 'no')];
  expect(distinctResponses(responses)).toEqual([responses[0], responses[1], responses[3]]);
});

describe('judgeByTruth', () => {
  it('accepts what is right, corrects what is wrong and takes nothing of silence', () => {
    const judged = judgeByTruth([says(circle, 'yes'), says(square, 'yes'), says(square, ' ')], data);
    expect(judged.map(({ outcome }) => outcome)).toEqual(['corrected', 'accepted', 'blank']);
    expect(judged[0]).toMatchObject({
      feedback: { verdict: 'revise', text: 'object : there is no red circle' },
      corrected: { response: 'no', feedback: { verdict: 'accept' } },
    });
  });
});

describe('judgeByCritic', () => {
  it('corrects what is refused by what the feedback says, and asks of that again', async () => {
    const critic = criticOf({ yes: refusal('object : there is no red circle', 'yes') });
    const [judged] = await judge([says(circle, 'yes')], critic);
    expect(judged).toMatchObject({
      outcome: 'corrected',
      corrected: { response: 'no', feedback: { verdict: 'accept', confidence: 0.9 } },
    });
    expect(critic.calls).toEqual([['yes'], ['no']]);
  });

  it.each([
    ['accepted', { yes: { verdict: 'accept' } }],
    ['accepted', { yes: parseFeedback('No further corrections needed.') }],
    ['unsure', { yes: { verdict: 'accept', confidence: 0.5 } }],
    ['unsure', { yes: { verdict: 'accept', confidence: 0.3 } }],
    ['without-correction', { yes: refusal('object : wrong', 'yes') }],
    ['without-correction', { yes: refusal('object : there is no blue square', 'yes') }],
    [
      'correction-refused',
      { yes: refusal('object : there is no red circle', 'yes'), no: refusal('object : wrong', 'no') },
    ],
    [
      'correction-unsure',
      {
        yes: refusal('object : there is no red circle', 'yes'),
        no: { verdict: 'accept', confidence: 0.5 },
      },
    ],
  ] as const)('%s: %j', async (outcome, feedbacks) => {
    const [judged] = await judge([says(circle, 'yes')], criticOf(feedbacks));
    expect(judged?.outcome).toBe(outcome);
  });

  it('asks of no silence, and stops for its signal', async () => {
    const critic = criticOf({});
    expect(await judge([says(circle, ' ')], critic)).toMatchObject([{ outcome: 'blank' }]);
    expect(critic.calls).toEqual([]);
    const heeding: Critic = {
      name: 'heeding',
      critique: async (_, call) => {
        call?.signal?.throwIfAborted();
        return [];
      },
    };
    const signal = AbortSignal.abort(new Error('stopped'));
    const asked = judgeByCritic([says(circle, 'yes')], {
      ...{ critic: heeding, data, signal, onProgress: () => {} },
    });
    await expect(asked).rejects.toThrow('stopped');
  });

  it.each([
    ['no feedback', [], 'expected as many results, got 0'],
    ['more feedback', [{ verdict: 'accept' }, { verdict: 'accept' }], 'expected as many results, got 2'],
    ['no list', { verdict: 'accept' }, "expected a list of results, got { verdict: 'accept' }"],
    ['no verdict', [{ confidence: 0.9 }], 'for "circle" expected feedback whose verdict is accept or revise'],
    ['a confidence of 2', [{ verdict: 'accept', confidence: 2 }], 'expected a confidence from 0 to 1'],
    [
      'no issues',
      [{ verdict: 'revise', text: 'object : wrong' }],
      'expected a refusal with a list of issues',
    ],
    [
      'another kind',
      [{ verdict: 'revise', issues: [{ kind: 'smell', claim: '' }], text: '' }],
      'expected issues',
    ],
  ])('refuses %s as the loop does', async (_, given, fault) => {
    const critic: Critic = { name: 'odd', critique: async () => given as readonly Feedback[] };
    const error = await thrownBy(judge([says(circle, 'yes')], critic));
    const { message, ...inLoop } = await thrownBy(loopOf(critic));
    expect(error).toMatchObject({ ...inLoop, code: 'rectifier/bad-port', requests: ['circle'], round: 0 });
    expect(error.message).toBe(message.replace('rectify: ', 'fgam data trajectories: '));
    expect(error.message).toContain(fault);
  });

  it('checks what is said of corrections, too, and names a critic that fails', async () => {
    const unsound = { verdict: 'accept', confidence: -1 } as const;
    const critic = criticOf({ yes: refusal('object : there is no red circle', 'yes'), no: unsound });
    await expect(judge([says(circle, 'yes')], critic)).rejects.toMatchObject({
      round: 1,
      requests: ['circle'],
    });
    const cause = new Error('no weights');
    const failing: Critic = { name: 'failing', critique: () => Promise.reject(cause) };
    const error = await thrownBy(judge([says(circle, 'yes')], failing));
    expect(error).toMatchObject({ code: 'rectifier/port-failed', port: 'critic', cause });
    expect(error.message).toBe(
      'fgam data trajectories: critic "failing" in round 0 for 1 request(s) ("circle") failed: no weights',
    );
  });
});

describe('ownTrajectories', () => {
  const accepted = (id: number): JudgedResponse => ({
    ...says(about(`${id}`, square.question, 'yes'), 'yes'),
    ...{ outcome: 'accepted', feedback: { verdict: 'accept' } },
  });
  const [corrected] = judgeByTruth([says(circle, 'yes')], data) as [JudgedResponse];
  const nine = Array.from({ length: 9 }, () => corrected);
  const made = (
    wrongShare: number,
    seed = 1,
    judged = [...nine, ...Array.from({ length: 9 }, (_, i) => accepted(i))],
  ) => ownTrajectories(judged, { wrongShare, seed, imageOf: () => 'images/a.png' });
  const kept = (wrongShare: number, seed?: number): string[] =>
    made(wrongShare, seed)
      .trajectories.slice(9)
      .map(({ id }) => id);

  it('tells the story of each', () => {
    const { trajectories, errors, counts } = made(0.5, 1, [corrected, accepted(0), accepted(1)]);
    expect(trajectories).toHaveLength(2);
    expect(trajectories[0]).toMatchObject({
      ...{ id: 'circle', image: 'images/a.png', question: circle.question, final: 'no', stop: 'accepted' },
      attempts: [{ response: 'yes', feedback: { verdict: 'revise' } }, { response: 'no' }],
    });
    expect(trajectories[1]).toMatchObject({
      final: 'yes',
      stop: 'accepted',
      attempts: [{ response: 'yes' }],
    });
    expect(errors).toEqual({ object: 1 });
    expect(counts).toEqual({ accepted: 2, refused: 1, corrected: 1, leftOut: { 'beyond-share': 1 } });
  });

  it('keeps of accepted ones what leaves refused ones their share, drawn by the seed', () => {
    expect([0, 0.5, 0.75, 0.9, 1].map((share) => kept(share).length)).toEqual([9, 9, 3, 1, 0]);
    expect(kept(0.75, 1)).toEqual(kept(0.75, 1));
    const draws = [1, 2, 3, 4].map((seed) => kept(0.75, seed).join());
    expect(new Set(draws).size).toBeGreaterThan(1);
    // In the order of the questions, whatever was drawn.
    for (const draw of draws) expect(draw).toBe(draw.split(',').sort().join());
  });
});
