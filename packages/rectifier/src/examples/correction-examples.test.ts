import type { Question } from '@fgam/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PicturedScene, pictureScenes, toSample } from '../test-support.js';
import { feedbackFor } from '../truth/feedback-for.js';
import { type CorrectionExample, correctionExamples } from './correction-examples.js';
import { criticSegments } from './segments.js';

let scenes: PicturedScene[];
let questions: Question[];
beforeAll(async () => {
  scenes = await pictureScenes(25, 31);
  questions = scenes.flatMap((each) => each.questions);
});
const truth = ({ question, response }: CorrectionExample) => feedbackFor(question, response).verdict;

describe('correctionExamples', () => {
  it('has one a question, its feedback true, its revision right', () => {
    const examples = correctionExamples({ questions });
    expect(examples.map(({ question }) => question)).toEqual(questions);
    for (const example of examples) {
      expect(example.misleading).toBe(false);
      expect(example.feedback.verdict).toBe(truth(example));
      expect(example.source).toBe(truth(example) === 'accept' ? 'right' : 'injected');
      expect(feedbackFor(example.question, example.revised)).toEqual({ verdict: 'accept' });
    }
    const wrong = examples.filter(({ source }) => source === 'injected').length / examples.length;
    expect(wrong).toBeGreaterThan(0.4);
    expect(wrong).toBeLessThan(0.6);
  });

  it('revises a caption where it is wrong, and leaves the rest as it was said', () => {
    const caption = { id: 'c', sample: 's', kind: 'caption', question: 'describe the image .' } as const;
    const [said, right] = [
      ['a small red circle at the top left', 'a large blue square at the centre'],
      ['a large blue square at the centre', 'a small red cross at the top left'],
    ].map((clauses) => `${clauses.join(' , ')} .`);
    const question = { ...caption, answer: right ?? '' };
    const drafts = [{ question: 'c', response: said ?? '' }];
    const [, own] = correctionExamples({ questions: [question], drafts });
    expect(own?.revised).toBe('a small red cross at the top left , a large blue square at the centre .');
    // Nothing that was said can stay.
    const [, other] = correctionExamples({
      questions: [question],
      drafts: [{ question: 'c', response: 'what ?' }],
    });
    expect(other?.revised).toBe(right);
  });

  it('keeps to the share of wrong drafts', () => {
    const sources = (wrongShare: number) =>
      new Set(correctionExamples({ questions, wrongShare }).map(({ source }) => source));
    expect([...sources(0)]).toEqual(['right']);
    expect([...sources(1)]).toEqual(['injected']);
  });

  it('gives false feedback on request, which trains no critic', () => {
    const options = { questions, seed: 1, samples: scenes.map(({ scene }, i) => toSample(scene, String(i))) };
    const plain = correctionExamples(options);
    const examples = correctionExamples({ ...options, misleadingShare: 1 });
    const misleading = examples.filter((example) => example.misleading);
    expect(misleading).toHaveLength(questions.length);
    for (const example of misleading) {
      expect(example.feedback.verdict).not.toBe(truth(example));
      expect(example.revised).toBe(example.question.answer);
      expect(criticSegments(example)).toEqual([]);
    }
    expect(new Set(misleading.map(({ feedback }) => feedback.verdict)).size).toBe(2);
    // The others are what they are without.
    expect(examples.filter((example) => !example.misleading)).toEqual(plain);
  });

  it('adds drafts of a model, right or wrong, with true feedback', () => {
    const [question] = questions;
    if (!question) throw new Error('no question');
    const other = question.answer === 'yes' ? 'no' : 'yes';
    const drafts = [question.answer.toUpperCase(), other].map((response) => ({
      question: question.id,
      response,
    }));
    const [, right, wrong] = correctionExamples({ questions: [question], drafts });
    expect(right).toMatchObject({
      source: 'model',
      feedback: { verdict: 'accept' },
      revised: question.answer,
    });
    expect(wrong).toMatchObject({ source: 'model', response: other, feedback: { verdict: 'revise' } });
    expect(() => correctionExamples({ questions: [], drafts })).toThrow(
      expect.objectContaining({ code: 'rectifier/no-truth' }),
    );
  });

  it('gives the same examples for the same seed, whatever the order of the questions', () => {
    const byId = (list: readonly Question[], seed: number) =>
      new Map(correctionExamples({ questions: list, seed }).map((each) => [each.question.id, each]));
    expect(byId([...questions].reverse(), 4)).toEqual(byId(questions, 4));
    expect(byId(questions, 5)).not.toEqual(byId(questions, 4));
  });
});
