import type { Answerer, AnswerRequest, Critic, CritiqueRequest, EarlierTurn, Feedback } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { isBlank } from './is-blank.js';
import { rectify } from './rectify.js';
import type { RectifyEvent } from './rectify-options.js';
import { replayTrajectory } from './replay-trajectory.js';

/** Answers by a list a question: its k-th entry is the k-th revision; the last one repeats. */
function scripted(script: Readonly<Record<string, readonly string[]>>) {
  const calls: (readonly AnswerRequest[])[] = [];
  const rounds = new Map<string, number>();
  const answerer: Answerer = {
    name: 'scripted',
    async answer(requests) {
      calls.push(requests);
      return requests.map(({ question, revision }) => {
        const round = revision ? (rounds.get(question) ?? 0) + 1 : 0;
        rounds.set(question, round);
        const texts = script[question] ?? [];
        return { text: texts[round] ?? texts.at(-1) ?? '' };
      });
    },
  };
  return { answerer, calls };
}

/** Judges a response by its text: accepts those named; may have scores of being right. */
function judging(accepted: readonly string[], scores?: Readonly<Record<string, number>>) {
  const calls: (readonly CritiqueRequest[])[] = [];
  const critic: Critic = {
    name: 'judging',
    async critique(requests) {
      calls.push(requests);
      return requests.map(({ response }): Feedback => {
        const score = scores?.[response];
        if (accepted.includes(response))
          return { verdict: 'accept', ...(score === undefined ? {} : { confidence: score }) };
        const feedback = parseFeedback(`object : not ${response}`, { response });
        return score === undefined ? feedback : { ...feedback, confidence: 1 - score };
      });
    },
  };
  return { critic, calls };
}

const ask = (...questions: string[]) =>
  questions.map((question) => ({ id: question, image: `${question}.png`, question }));

describe('rectify', () => {
  it('stops by each rule, and lets the stopped leave the batch', async () => {
    const { answerer, calls } = scripted({
      right: ['yes'],
      fixed: ['a', 'yes'],
      stubborn: ['b', 'b'],
      circling: ['c', 'd', 'c'],
      lost: ['e', 'f', 'g', 'h'],
    });
    const { critic, calls: critiques } = judging(['yes']);
    const requests = ask('right', 'fixed', 'stubborn', 'circling', 'lost');
    const trajectories = await rectify({ answerer, critic, requests, rounds: 3 });
    expect(trajectories.map(({ id, stop, final, attempts }) => [id, stop, final, attempts.length])).toEqual([
      ['right', 'accepted', 'yes', 1],
      ['fixed', 'accepted', 'yes', 2],
      ['stubborn', 'unchanged', 'b', 2],
      ['circling', 'cycle', 'c', 3],
      ['lost', 'max-rounds', 'h', 4],
    ]);
    expect(calls.map((batch) => batch.map(({ question }) => question))).toEqual([
      ['right', 'fixed', 'stubborn', 'circling', 'lost'],
      ['fixed', 'stubborn', 'circling', 'lost'],
      ['circling', 'lost'],
      ['lost'],
    ]);
    expect(critiques.map((batch) => batch.length)).toEqual([5, 3, 1, 1]);
    expect(calls[1]?.[0]?.revision).toEqual({ response: 'a', feedback: 'object : wrong' });
    expect(trajectories[0]?.image).toBe('right.png');
  });

  it('gives the same trajectories in any batch size, with events that a replay repeats', async () => {
    const script = fc.dictionary(
      fc.string({ minLength: 1 }).filter((text) => !isBlank(text)),
      fc.array(fc.constantFrom('a', 'b', 'c', 'yes'), { minLength: 1, maxLength: 5 }),
      { maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(
        script,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (texts, rounds, batchSize, checkLast) => {
          const run = async (size: number) => {
            const events: RectifyEvent[] = [];
            const trajectories = await rectify({
              ...scripted(texts),
              ...judging(['yes'], { a: 0.1, b: 0.3, c: 0.2, yes: 0.9 }),
              requests: ask(...Object.keys(texts)),
              rounds,
              batchSize: size,
              checkLast,
              onEvent: (event) => events.push(event),
            });
            return { trajectories, events };
          };
          const { trajectories, events } = await run(64);
          const parted = await run(batchSize);
          expect(parted.trajectories).toEqual(trajectories);
          for (const trajectory of trajectories)
            for (const each of [events, parted.events])
              expect(each.filter(({ id }) => id === trajectory.id)).toEqual(replayTrajectory(trajectory));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never returns what its own critic scores below the first', async () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'yes'), { minLength: 1, maxLength: 5 });
    // Confidence is 1 minus the score: thousandths survive the round trip in order, subnormal numbers do not.
    const thousandths = fc.integer({ min: 0, max: 500 }).map((n) => n / 1000);
    const scores = fc.record({
      a: thousandths,
      b: thousandths,
      c: fc.constant(0.2),
      d: fc.constant(0.4),
      yes: fc.constant(0.9),
    });
    await fc.assert(
      fc.asyncProperty(texts, scores, async (list, known) => {
        const [trajectory] = await rectify({
          ...scripted({ q: list }),
          ...judging(['yes'], known),
          requests: ask('q'),
          rounds: 4,
        });
        const score = (text: string) => known[text as keyof typeof known];
        expect(score(trajectory?.final ?? '')).toBeGreaterThanOrEqual(score(list[0] ?? ''));
      }),
    );
    const [worse] = await rectify({
      ...scripted({ q: ['a', 'b', 'c'] }),
      ...judging([], { a: 0.4, b: 0.45, c: 0.1 }),
      requests: ask('q'),
    });
    expect(worse?.final).toBe('b');
    const [unscored] = await rectify({
      ...scripted({ q: ['a', 'b', 'c'] }),
      ...judging([]),
      requests: ask('q'),
    });
    expect(unscored?.final).toBe('c');
  });

  it('saves the last check on request, and asks no critic in zero rounds', async () => {
    const { critic, calls } = judging(['yes']);
    const [once] = await rectify({
      ...scripted({ q: ['a', 'yes'] }),
      critic,
      requests: ask('q'),
      rounds: 1,
      checkLast: false,
    });
    expect([once?.stop, once?.final, calls.length]).toEqual(['max-rounds', 'yes', 1]);
    const [none] = await rectify({ ...scripted({ q: ['a', 'yes'] }), critic, requests: ask('q'), rounds: 0 });
    expect([none?.stop, none?.final, calls.length]).toEqual(['max-rounds', 'a', 1]);
  });

  it('starts from a response that is there', async () => {
    const { answerer, calls } = scripted({ q: ['never', 'yes'] });
    const requests = [{ id: '1', image: new Uint8Array([1]), question: 'q', response: 'given' }];
    const [trajectory] = await rectify({ answerer, ...judging(['yes']), requests });
    expect(trajectory?.attempts.map(({ response }) => response)).toEqual(['given', 'yes']);
    expect(calls).toHaveLength(1);
    expect(trajectory?.image).toBe('sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a');
  });

  it('keeps to budgets of tokens and of time', async () => {
    const requests = ask('q');
    const words = { q: ['one two three', 'four five', 'six'] };
    const [tokens] = await rectify({
      ...scripted(words),
      ...judging([]),
      requests,
      rounds: 3,
      budget: { tokens: 4 },
    });
    expect([tokens?.stop, tokens?.attempts.length, tokens?.final]).toEqual(['budget', 2, 'four five']);
    expect(tokens?.attempts[1]?.feedback).toBeUndefined();
    let now = 0;
    const clock = () => (now += 100);
    const [time] = await rectify({
      ...scripted(words),
      ...judging([]),
      requests,
      rounds: 9,
      budget: { milliseconds: 1 },
      clock,
    });
    expect([time?.stop, time?.attempts.length]).toEqual(['budget', 1]);
  });

  it('gives what it has when the time budget cuts a call short', async () => {
    const critic: Critic = {
      name: 'hanging',
      critique: (_, call) =>
        new Promise((_resolve, reject) =>
          call?.signal?.addEventListener('abort', () => reject(new Error('cut'))),
        ),
    };
    const [trajectory] = await rectify({
      ...scripted({ q: ['a'] }),
      critic,
      requests: ask('q'),
      budget: { milliseconds: 20 },
    });
    expect(trajectory).toMatchObject({ stop: 'budget', final: 'a', attempts: [{ response: 'a' }] });
  });

  it('stops at the signal, with its reason', async () => {
    const controller = new AbortController();
    const onEvent = ({ type }: RectifyEvent) => {
      if (type === 'feedback') controller.abort(new Error('enough'));
    };
    const run = rectify({
      ...scripted({ q: ['a', 'b'] }),
      ...judging([]),
      requests: ask('q'),
      signal: controller.signal,
      onEvent,
    });
    await expect(run).rejects.toThrow('enough');
  });

  it('names port, round and requests where a port fails', async () => {
    const broken: Critic = { name: 'broken', critique: async () => Promise.reject(new Error('no memory')) };
    const run = rectify({ ...scripted({}), critic: broken, requests: ask('p', 'q') });
    await expect(run).rejects.toMatchObject({
      code: 'rectifier/port-failed',
      message: 'rectify: critic "broken" in round 0 for 2 request(s) ("p", "q") failed: no memory',
      requests: ['p', 'q'],
      round: 0,
      port: 'critic',
    });
    const short: Answerer = { name: 'short', answer: async () => [] };
    await expect(rectify({ answerer: short, ...judging([]), requests: ask('q') })).rejects.toMatchObject({
      code: 'rectifier/bad-port',
      port: 'answerer',
    });
  });

  it('refuses bad options, naming every fault', async () => {
    const run = rectify({
      ...scripted({}),
      ...judging([]),
      requests: ask('q', 'q'),
      rounds: -1,
      batchSize: 0,
      maxTokens: 0.5,
      temperature: Number.NaN,
      budget: { tokens: 0 },
    });
    await expect(run).rejects.toThrow(/rounds.*batchSize.*maxTokens.*temperature.*budget\.tokens.*"q" twice/);
  });

  it('tells the critic a conversation, keeps it by names, and refuses one that lacks images', async () => {
    const asked: unknown[] = [];
    const critic: Critic = {
      name: 'c',
      critique: async (requests) => {
        asked.push(...requests);
        return requests.map(() => ({ verdict: 'accept' }));
      },
    };
    const [request] = ask('q');
    const look = [
      { role: 'user', text: 'look', images: 2 },
      { role: 'assistant', text: 'yes', images: 0 },
    ] as const;
    const bytes = new Uint8Array([1]);
    const run = (images: (string | Uint8Array)[], turns: readonly EarlierTurn[] = look) =>
      rectify({
        ...scripted({ q: ['a'] }),
        critic,
        requests: [{ id: 'q', image: 'i', question: 'q', ...request, context: { turns, images } }],
      });
    const [trajectory] = await run([bytes]);
    expect(asked).toMatchObject([
      { question: 'q', response: 'a', context: { turns: look, images: [bytes] } },
    ]);
    expect(trajectory?.context).toEqual({
      turns: look,
      images: [expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string],
    });
    await expect(run([])).rejects.toThrow(
      /expected in the context of "q" all images .* got 0 beside .*; put those/,
    );
    for (const images of [-1, 0.5, Number.NaN])
      await expect(run([bytes], [{ role: 'user', text: 'look', images }])).rejects.toThrow(
        `requests: expected an integer from 0 as each turn's images in the context of "q", got ${images}`,
      );
  });

  it('samples with a seed of each request and round, whatever the batch', async () => {
    const seeds = async (batchSize: number, seed: number) => {
      const { answerer, calls } = scripted({ p: ['a', 'b'], q: ['a', 'b'] });
      await rectify({
        answerer,
        ...judging([]),
        requests: ask('p', 'q'),
        temperature: 1,
        seed,
        batchSize,
        rounds: 1,
      });
      return calls
        .flat()
        .map((request) => `${request.question} ${request.seed}`)
        .sort();
    };
    const four = await seeds(2, 7);
    expect(new Set(four).size).toBe(4);
    expect(await seeds(1, 7)).toEqual(four);
    expect(await seeds(2, 8)).not.toEqual(four);
  });
});

it('replays no trajectory that the loop can not have made', () => {
  const attempts = [{ response: 'a', feedback: { verdict: 'accept' as const } }];
  const trajectory = { id: '1', image: 'i', question: 'q', attempts, final: 'a', stop: 'accepted' as const };
  expect(replayTrajectory(trajectory)).toHaveLength(3);
  for (const change of [
    { stop: 'cycle' as const },
    { final: 'b' },
    { attempts: [] },
    { attempts: [...attempts, { response: 'b' }] },
  ])
    expect(() => replayTrajectory({ ...trajectory, ...change })).toThrow(/replayTrajectory/);
});
