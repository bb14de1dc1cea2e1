import {
  type Answerer,
  type Generation,
  type GenerateRequest,
  type Generator,
  parseLocation,
} from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { FEEDBACK_PATTERN, ISSUES_PATTERN } from '../feedback/feedback-grammar.js';
import { rectify } from '../loop/rectify.js';
import { criticContract } from './critic-contract.test-support.js';
import { createModelCritic } from './model-critic.js';

type Written = Pick<Generation, 'text'> & { readonly probabilities?: readonly number[] };

/** Writes what the script has for the response in the prompt, with token probabilities. */
function scripted(script: Readonly<Record<string, Written>>) {
  const calls: (readonly GenerateRequest[])[] = [];
  const generator: Generator = {
    name: 'scripted',
    async generate(requests) {
      // As a model that makes one tensor of its batch would.
      if (requests.length === 0) throw new Error('an empty batch');
      calls.push(requests);
      return requests.map(({ prompt }): Generation => {
        const [, response = ''] = /Assistant: (.*) Feedback:$/.exec(prompt) ?? [];
        const { text, probabilities = [] } = script[response] ?? { text: '' };
        return {
          text,
          tokens: probabilities.map((_, i) => i),
          logprobs: probabilities.map(Math.log),
          finish: 'stop',
        };
      });
    },
  };
  return { generator, calls };
}

const request = (response: string) => ({ image: 'cat.png', question: 'is there a cat ?', response });
const accept = 'no further corrections needed';
const script = {
  // 0.9 x 0.8 x 0.5 = 0.36
  yes: { text: accept, probabilities: [0.9, 0.8, 0.5] },
  no: { text: 'object : there is a cat', probabilities: [0.7, 0.1] },
  silent: { text: 'count : 2' },
};

criticContract(
  'the model critic',
  () => createModelCritic(scripted(script)),
  ['yes', 'no', 'silent'].map(request),
);

describe('createModelCritic', () => {
  it('tells the generator what feedback probably says, where it is to', async () => {
    const { generator, calls } = scripted(script);
    const found = await createModelCritic({ generator, drafts: true }).critique([request('no')]);
    expect(calls[0]?.[0]).toMatchObject({ draft: accept, continues: expect.any(Function) as unknown });
    expect(found).toEqual(await createModelCritic({ generator }).critique([request('no')]));
    expect(calls[1]?.[0]).not.toHaveProperty('draft');
  });

  it('says what an issue rests on: how sure the refusal is, and the box where the words have one', async () => {
    const at = {
      text: 'object : the cat is at <loc_0> <loc_8> <loc_16> <loc_24>',
      probabilities: [0.6, 0.9],
    };
    const { generator } = scripted({ ...script, there: at });
    const found = await createModelCritic({ generator }).critique([request('no'), request('there')]);
    const evidence = found.map((feedback) =>
      feedback.verdict === 'revise' ? feedback.issues.map((issue) => issue.evidence) : [],
    );
    const scores = found.map(({ confidence }) => confidence);
    expect(scores.map((score) => score?.toFixed(2))).toEqual(['0.70', '0.60']);
    const box = parseLocation('<loc_0> <loc_8> <loc_16> <loc_24>');
    expect(evidence).toEqual([[{ boxes: [], score: scores[0] }], [{ boxes: [box], score: scores[1] }]]);
    // Nothing is known where the generator gives no probabilities.
    const [unsure] = await createModelCritic(scripted({ no: { text: 'object : there is a cat' } })).critique([
      request('no'),
    ]);
    expect(unsure?.verdict === 'revise' && unsure.issues).toEqual([
      expect.not.objectContaining({ evidence: expect.anything() as unknown }),
    ]);
  });

  it('accepts unread what its module was not trained on, in the place where it was asked', async () => {
    const { generator, calls } = scripted(script);
    const critic = createModelCritic({ generator, judges: (question) => !question.startsWith('describe') });
    const caption = { ...request('nothing .'), question: 'describe the image .' };
    const unread = { verdict: 'accept', confidence: 0.5 };
    const found = await critic.critique([request('no'), caption, request('yes')]);
    expect(found.map(({ verdict }) => verdict)).toEqual(['revise', 'accept', 'accept']);
    expect(found[1]).toEqual(unread);
    expect(calls[0]).toHaveLength(2);
    expect(await critic.critique([caption])).toEqual([unread]);
    expect(calls).toHaveLength(1);
  });

  it('asks in the prompt that the module is trained on, greedily, in one call', async () => {
    const { generator, calls } = scripted(script);
    await createModelCritic({ generator, maxTokens: 7 }).critique([request('yes'), request('no')]);
    const asked = (response: string) => ({
      image: 'cat.png',
      prompt: `User: is there a cat ? Assistant: ${response} Feedback:`,
      maxTokens: 7,
      temperature: 0,
      pattern: FEEDBACK_PATTERN,
    });
    expect(calls).toEqual([[asked('yes'), asked('no')]]);
  });

  it('passes the signal on, and takes another prompt and name', async () => {
    const seen: unknown[] = [];
    const generator: Generator = {
      name: 'spy',
      async generate(requests, call) {
        seen.push(requests[0]?.prompt, call?.signal);
        return [{ text: accept, tokens: [], logprobs: [], finish: 'stop' }];
      },
    };
    const { signal } = new AbortController();
    const formatPrompt = (question: string, response: string) => `${response} to ${question}`;
    const critic = createModelCritic({ generator, name: 'rm', formatPrompt });
    await critic.critique([request('yes')], { signal });
    expect([critic.name, ...seen]).toEqual(['rm', 'yes to is there a cat ?', signal]);
    expect(createModelCritic({ generator }).name).toBe('spy');
  });

  it('is as sure as its tokens are', async () => {
    const [yes, no, silent] = await createModelCritic(scripted(script)).critique(
      ['yes', 'no', 'silent'].map(request),
    );
    expect(yes).toEqual({ verdict: 'accept', confidence: expect.closeTo(0.36) as number });
    expect(no).toMatchObject({
      verdict: 'revise',
      issues: [{ kind: 'object', claim: 'no', correction: 'there is a cat' }],
      confidence: expect.closeTo(0.7) as number,
    });
    expect(silent).not.toHaveProperty('confidence');
  });

  it('accepts by a threshold instead, where it has a confidence', async () => {
    const verdicts = async (acceptThreshold: number) => {
      const critic = createModelCritic({ ...scripted(script), acceptThreshold });
      const feedbacks = await critic.critique(['yes', 'no', 'silent'].map(request));
      return feedbacks.map((each) => (each.verdict === 'accept' ? 'accept' : each.text));
    };
    // p(accept) is 0.36 for yes and 0.3 for no.
    expect(await verdicts(0.2)).toEqual(['accept', 'accept', 'count : 2']);
    expect(await verdicts(0.33)).toEqual(['accept', 'object : there is a cat', 'count : 2']);
    expect(await verdicts(0.4)).toEqual(['reasoning : wrong', 'object : there is a cat', 'count : 2']);
  });

  it('reports what of a text is not in the grammar', async () => {
    const faults: string[] = [];
    const critic = createModelCritic({
      ...scripted({ a: { text: 'look again' } }),
      onFault: (fault) => faults.push(fault),
    });
    const [feedback] = await critic.critique([request('a')]);
    expect(feedback).toMatchObject({ issues: [{ kind: 'reasoning', correction: 'look again' }] });
    expect(faults).toHaveLength(1);
  });

  it('reads the statement of a module that says what is true, and asks it for no verdict', async () => {
    const stated = {
      yes: { text: 'object : there is a cat', probabilities: [0.5, 0.5] },
      no: { text: 'object : there is a cat', probabilities: [0.5, 0.5] },
      silent: { text: 'object : there is a dog', probabilities: [1] },
    };
    const { generator, calls } = scripted(stated);
    const critic = createModelCritic({ generator, states: true });
    const [said, denied, other] = await critic.critique(['yes', 'no', 'silent'].map(request));
    expect(calls[0]?.map(({ pattern }) => pattern)).toEqual(Array<string>(3).fill(ISSUES_PATTERN));
    expect(said).toEqual({ verdict: 'accept', confidence: 0.625 });
    expect(denied).toMatchObject({
      verdict: 'revise',
      issues: [{ kind: 'object', claim: 'no', correction: 'there is a cat' }],
      confidence: 0.625,
    });
    // What is no answer to the question is left to the reviser.
    expect(other).toMatchObject({ verdict: 'revise', text: 'object : there is a dog' });
    const caption = { image: 'cat.png', question: 'describe the image .', response: 'yes' };
    await critic.critique([caption]);
    expect(calls[1]?.[0]?.pattern).toBe(FEEDBACK_PATTERN);
  });

  it('holds a threshold against the probability of a statement', async () => {
    const { generator } = scripted({ yes: { text: 'object : there is a cat', probabilities: [0.5] } });
    const [sure] = await createModelCritic({ generator, states: true, acceptThreshold: 0.7 }).critique([
      request('yes'),
    ]);
    expect(sure).toEqual({ verdict: 'accept', confidence: 0.75 });
    const [unsure] = await createModelCritic({ generator, states: true, acceptThreshold: 0.8 }).critique([
      request('yes'),
    ]);
    expect(unsure).toMatchObject({ verdict: 'revise', text: 'reasoning : wrong' });
  });

  it('a statement that is accepted is kept, however unsure the module is', async () => {
    const stated = { text: 'object : there is a cat', probabilities: [0.1] };
    const { generator } = scripted({ yes: stated, no: stated });
    const critic = createModelCritic({ generator, states: true, drafts: true });
    const answerer: Answerer = {
      name: 'follows',
      answer: async (asked) => asked.map(({ revision }) => ({ text: revision ? 'yes' : 'no' })),
    };
    const { question, image } = request('');
    const [trajectory] = await rectify({
      requests: [{ id: '1', image, question }],
      answerer,
      critic,
      rounds: 2,
    });
    expect(trajectory).toMatchObject({ final: 'yes', stop: 'accepted' });
  });
});
