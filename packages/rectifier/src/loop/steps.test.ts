import type { Answerer, AnswerRequest, Critic, CritiqueRequest, Feedback } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import type { RectifyOptions } from './rectify-options.js';
import { type RequestState, seedOf } from './request-state.js';
import { criticise, respond } from './steps.js';

const state = (id: string, attempts: RequestState['attempts'] = [], response?: string): RequestState => ({
  request: { id, image: `${id}.png`, question: `${id} ?`, ...(response === undefined ? {} : { response }) },
  attempts,
  tokens: 0,
});

/** Ports that answer by the question, and keep what they were asked. */
function ports(feedbackOf: (request: CritiqueRequest) => Feedback = () => ({ verdict: 'accept' })) {
  const asked: AnswerRequest[][] = [];
  const criticised: CritiqueRequest[][] = [];
  const answerer: Answerer = {
    name: 'echo',
    async answer(requests) {
      asked.push([...requests]);
      return requests.map(({ question }) => ({ text: `re ${question}` }));
    },
  };
  const critic: Critic = {
    name: 'critic',
    async critique(requests) {
      criticised.push([...requests]);
      return requests.map(feedbackOf);
    },
  };
  const options = (more: Partial<RectifyOptions> = {}): RectifyOptions => ({
    answerer,
    critic,
    requests: [],
    ...more,
  });
  return { asked, criticised, options };
}

describe('respond', () => {
  it('asks for first responses, but for those that are there', async () => {
    const { asked, options } = ports();
    const states = [state('a'), state('b', [], 'given words'), state('c')];
    await respond(states, 0, options({ maxTokens: 9 }), undefined);
    expect(asked).toEqual([
      ['a', 'c'].map((id) => ({ image: `${id}.png`, question: `${id} ?`, maxTokens: 9 })),
    ]);
    expect(states.map(({ attempts, tokens }) => [attempts, tokens])).toEqual([
      [[{ response: 're a ?' }], 3],
      [[{ response: 'given words' }], 2],
      [[{ response: 're c ?' }], 3],
    ]);
  });

  it('asks nobody where all are there', async () => {
    const { asked, options } = ports();
    await respond([state('a', [], 'x')], 0, options(), undefined);
    expect(asked).toEqual([]);
  });

  it('asks for a revision by the last response and its feedback', async () => {
    const { asked, options } = ports();
    const issues = [{ kind: 'object', claim: 'yes', correction: 'no cat' }] as const;
    const attempts = (text: string) => [
      { response: 'yes', feedback: { verdict: 'revise' as const, issues, text } },
    ];
    await respond([state('a', attempts('look there')), state('b', attempts(' '))], 1, options(), undefined);
    // A critic's own words are passed on; where there are none, its issues are put into words.
    expect(asked[0]?.map(({ revision }) => revision)).toEqual([
      { response: 'yes', feedback: 'look there' },
      { response: 'yes', feedback: 'object : no cat' },
    ]);
  });

  it('samples with a seed of the request and round', async () => {
    const { asked, options } = ports();
    await respond([state('a')], 0, options({ temperature: 0.5, seed: 3 }), undefined);
    expect(asked[0]?.[0]).toMatchObject({ temperature: 0.5, seed: seedOf(3, 'a', 0) });
  });
});

describe('criticise', () => {
  it('adds feedback to the last attempts, each its own', async () => {
    const { criticised, options } = ports(({ response }) =>
      response === 'y' ? { verdict: 'accept' } : { verdict: 'revise', issues: [], text: response },
    );
    const states = [state('a', [{ response: 'w' }, { response: 'x' }]), state('b', [{ response: 'y' }])];
    await criticise(states, 1, options(), undefined);
    expect(criticised).toEqual([
      [
        { image: 'a.png', question: 'a ?', response: 'x' },
        { image: 'b.png', question: 'b ?', response: 'y' },
      ],
    ]);
    expect(states.map(({ attempts }) => attempts)).toEqual([
      [{ response: 'w' }, { response: 'x', feedback: { verdict: 'revise', issues: [], text: 'x' } }],
      [{ response: 'y', feedback: { verdict: 'accept' } }],
    ]);
  });
});
