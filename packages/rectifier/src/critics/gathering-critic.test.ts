import type { Critic, CritiqueRequest, Feedback } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { createGatheringCritic } from './gathering-critic.js';

const request = (response: string): CritiqueRequest => ({ image: 'a.png', question: 'what ?', response });
const feedbackOn = ({ response }: CritiqueRequest): Feedback => ({
  verdict: 'accept',
  confidence: Number(response) / 10,
});

/** A critic whose calls end when they are told to. */
function held() {
  const calls: { readonly responses: string[]; readonly end: (error?: Error) => void }[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const critic: Critic = {
    name: 'held',
    critique: (requests, { signal } = {}) =>
      new Promise((resolve, reject) => {
        signals.push(signal);
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        calls.push({
          responses: requests.map(({ response }) => response),
          end: (error) => (error ? reject(error) : resolve(requests.map(feedbackOn))),
        });
      }),
  };
  return { calls, signals, gathering: createGatheringCritic(critic, { maxBatch: 3 }) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const confidences = (feedbacks: readonly Feedback[]) => feedbacks.map(({ confidence }) => confidence);

describe('createGatheringCritic', () => {
  it('asks for those who wait together, and gives each its own', async () => {
    const { calls, gathering } = held();
    const asked = ['1', '2', '3', '4'].map((each) => gathering.critique([request(each)]));
    await settled();
    // Those of one turn share the first call, as many as are allowed.
    expect(calls.map(({ responses }) => responses)).toEqual([['1', '2', '3']]);
    const late = gathering.critique([request('5'), request('6')]);
    calls[0]?.end();
    await settled();
    expect(calls[1]?.responses).toEqual(['4', '5', '6']);
    calls[1]?.end();
    const found = await Promise.all(asked);
    expect(found.map(confidences)).toEqual([[0.1], [0.2], [0.3], [0.4]]);
    expect(confidences(await late)).toEqual([0.5, 0.6]);
  });

  it('takes a caller of more than a batch in one call of its own', async () => {
    const { calls, gathering } = held();
    const many = gathering.critique(['1', '2', '3', '4'].map(request));
    const one = gathering.critique([request('5')]);
    await settled();
    calls[0]?.end();
    await settled();
    calls[1]?.end();
    await Promise.all([many, one]);
    expect(calls.map(({ responses }) => responses.length)).toEqual([4, 1]);
  });

  it('one who leaves does not end what others wait for; all who leave do', async () => {
    const { calls, signals, gathering } = held();
    const [first, second] = [new AbortController(), new AbortController()];
    const [left, stays] = [first, second].map(({ signal }, i) =>
      gathering.critique([request(`${i + 1}`)], { signal }),
    ) as [Promise<unknown>, Promise<unknown>];
    await settled();
    first.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    expect(signals[0]?.aborted).toBe(false);
    second.abort(new Error('left too'));
    await expect(stays).rejects.toThrow('left too');
    expect(signals[0]?.aborted).toBe(true);
    // And the next are asked for.
    const next = gathering.critique([request('7')]);
    await settled();
    calls.at(-1)?.end();
    expect(confidences(await next)).toEqual([0.7]);
  });

  it('does not wait for a call that all have left, even where it heeds no signal', async () => {
    let calls = 0;
    const critic: Critic = {
      name: 'hangs once',
      critique: (requests) => {
        calls += 1;
        return calls === 1 ? new Promise(() => {}) : Promise.resolve(requests.map(feedbackOn));
      },
    };
    const gathering = createGatheringCritic(critic);
    const controller = new AbortController();
    const left = ['1', '2'].map((each) => gathering.critique([request(each)], { signal: controller.signal }));
    await settled();
    const next = gathering.critique([request('3')]);
    controller.abort(new Error('left'));
    for (const each of left) await expect(each).rejects.toThrow('left');
    expect(confidences(await next)).toEqual([0.3]);
  });

  it('keeps the name and reading of a class instance', () => {
    class Reader implements Critic {
      get name() {
        return 'reader';
      }
      get readsContext() {
        return true;
      }
      critique = async (requests: readonly CritiqueRequest[]) => requests.map(feedbackOn);
    }
    expect(createGatheringCritic(new Reader())).toMatchObject({ name: 'reader', readsContext: true });
  });

  it('one who leaves while it waits is not asked for', async () => {
    const { calls, gathering } = held();
    const first = gathering.critique([request('1')]);
    await settled();
    const controller = new AbortController();
    const left = gathering.critique([request('2')], { signal: controller.signal });
    controller.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    calls[0]?.end();
    await first;
    await settled();
    expect(calls).toHaveLength(1);
    await expect(gathering.critique([], { signal: controller.signal })).rejects.toThrow('left');
  });

  it("one's fault is not the others'", async () => {
    const critic: Critic = {
      name: 'strict',
      critique: async (requests) => {
        if (requests.some(({ response }) => response === 'bad')) throw new Error('no such image');
        return requests.map(feedbackOn);
      },
    };
    const gathering = createGatheringCritic(critic);
    const [bad, good] = ['bad', '4'].map((each) => gathering.critique([request(each)])) as [
      Promise<unknown>,
      Promise<readonly Feedback[]>,
    ];
    await expect(bad).rejects.toThrow('no such image');
    expect(confidences(await good)).toEqual([0.4]);
  });

  it('refuses a batch of none', () => {
    expect(() => createGatheringCritic(held().gathering, { maxBatch: 0 })).toThrow(
      'an integer from 1, got 0',
    );
  });
});
