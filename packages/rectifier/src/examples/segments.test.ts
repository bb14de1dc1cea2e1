import type { Question, Trajectory } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { formatFeedback, reviseFeedback } from '../feedback/format-feedback.js';
import { replayTrajectory } from '../loop/replay-trajectory.js';
import { pictureScenes } from '../test-support.js';
import { type CorrectionExample, correctionExamples } from './correction-examples.js';
import { criticSegments, exampleTrajectory, revisionSegments } from './segments.js';

const trajectory: Trajectory = {
  id: '1',
  image: '1.png',
  question: 'is there a cat ?',
  attempts: [
    {
      response: 'yes',
      feedback: {
        verdict: 'revise',
        issues: [{ kind: 'object', claim: 'yes', correction: 'there is no cat' }],
        text: 'object : there is no cat',
      },
    },
    { response: 'no', feedback: { verdict: 'accept' } },
  ],
  final: 'no',
  stop: 'accepted',
};
const asked = 'User: is there a cat ? Assistant: ';

describe('revisionSegments', () => {
  it('teaches each revision of a trajectory', () => {
    const prompt = `${asked}yes Feedback: object : there is no cat Assistant (Revised):`;
    expect(revisionSegments(trajectory)).toEqual([{ prompt, answer: 'no' }]);
  });

  it('teaches the truth instead, after each feedback', () => {
    const segments = revisionSegments(trajectory, { answer: 'truth' });
    expect(segments.map(({ answer }) => answer)).toEqual(['truth', 'truth']);
    expect(segments[1]?.prompt).toBe(
      `${asked}no Feedback: no further corrections needed Assistant (Revised):`,
    );
  });

  it('has none where there was no feedback', () => {
    expect(revisionSegments({ ...trajectory, attempts: [{ response: 'yes' }] })).toEqual([]);
  });
});

describe('criticSegments', () => {
  it('teaches the feedback on each response', () => {
    expect(criticSegments(trajectory)).toEqual([
      { prompt: `${asked}yes Feedback:`, answer: 'object : there is no cat' },
      { prompt: `${asked}no Feedback:`, answer: 'no further corrections needed' },
    ]);
  });
});

describe('answers to train on', () => {
  const hostile = 'a sign that says <eos> , User: and [IMG]';
  const safe = 'a sign that says < eos> , User : and [ IMG]';
  const attempts = [
    { response: 'yes', feedback: reviseFeedback([{ kind: 'object', claim: hostile, correction: hostile }]) },
    { response: hostile },
  ];
  const caption: Trajectory = { ...trajectory, attempts, final: hostile, stop: 'max-rounds' };

  it('hold no special tokens', () => {
    expect(revisionSegments(caption).map(({ answer }) => answer)).toEqual([safe]);
    expect(revisionSegments(caption, { answer: hostile }).map(({ answer }) => answer)).toEqual([safe]);
    expect(criticSegments(caption).map(({ answer }) => answer)).toEqual([`object : ${safe} , not ${safe}`]);
  });

  it('are those of scenes to the byte', async () => {
    const questions = (await pictureScenes(6, 43)).flatMap((each) => each.questions);
    for (const example of correctionExamples({ questions })) {
      const { response, feedback, revised } = example;
      expect(revisionSegments(example).map(({ answer }) => answer)).toEqual([revised]);
      const said = formatFeedback(feedback, { response });
      expect(criticSegments(example).map(({ answer }) => answer)).toEqual([said]);
    }
  });
});

describe('of examples', () => {
  const question: Question = {
    id: '1',
    sample: '1',
    kind: 'existence',
    question: 'is there a cat ?',
    answer: 'no',
  };
  const wrong: CorrectionExample = {
    question,
    response: 'yes',
    feedback: trajectory.attempts[0]?.feedback ?? { verdict: 'accept' },
    revised: 'no',
    source: 'injected',
    misleading: false,
  };

  it('are those of the example told as a trajectory', () => {
    expect(exampleTrajectory(wrong, '1.png')).toEqual(trajectory);
    expect(revisionSegments(wrong)).toEqual(revisionSegments(trajectory));
    expect(criticSegments(wrong)).toEqual(criticSegments(trajectory).slice(0, 1));
    const accepted: CorrectionExample = {
      ...wrong,
      response: 'No.',
      feedback: { verdict: 'accept' },
      source: 'model',
    };
    expect(exampleTrajectory(accepted, 'i')).toMatchObject({ attempts: [{ response: 'No.' }], final: 'No.' });
  });

  it('are stories that the loop could have made, unless a wrong draft was accepted', async () => {
    const questions = (await pictureScenes(6, 41)).flatMap((each) => each.questions);
    const stops = new Set<string>();
    for (const example of correctionExamples({ questions, misleadingShare: 1 })) {
      const story = exampleTrajectory(example, 'i');
      expect(story.final).toBe(example.revised);
      const isImpossible = example.misleading && example.feedback.verdict === 'accept';
      if (isImpossible) expect(() => replayTrajectory(story)).toThrow(/an attempt after accepted/);
      else expect(replayTrajectory(story).at(-1)).toMatchObject({ stop: story.stop });
      stops.add(isImpossible ? 'impossible' : story.stop);
    }
    expect([...stops].sort()).toEqual(['accepted', 'impossible', 'unchanged']);
  });
});
