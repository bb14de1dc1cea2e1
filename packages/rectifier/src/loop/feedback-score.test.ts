import { expect, it } from 'vitest';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { feedbackScore, isAcceptance } from './feedback-score.js';

const refusal = parseFeedback('object : there is no cat');

it('feedbackScore is the probability that the response is right', () => {
  expect(feedbackScore({ verdict: 'accept', confidence: 0.8 })).toBe(0.8);
  expect(feedbackScore({ ...refusal, confidence: 0.75 })).toBe(0.25);
  expect(feedbackScore(refusal)).toBeUndefined();
  expect(feedbackScore(undefined)).toBeUndefined();
});

it('isAcceptance takes a refusal that says nothing as one', () => {
  expect(isAcceptance({ verdict: 'accept' })).toBe(true);
  expect(isAcceptance({ verdict: 'revise', issues: [], text: ' \n' })).toBe(true);
  expect(isAcceptance({ verdict: 'revise', issues: [], text: 'look again' })).toBe(false);
  expect(isAcceptance({ verdict: 'revise', issues: [{ kind: 'object', claim: '' }], text: '' })).toBe(false);
});

it.each([
  [{ verdict: 'revise', issues: [], text: 'No further corrections are needed.' }, true],
  [{ verdict: 'revise', issues: [], text: 'No further corrections needed, but the dog is a cat' }, false],
] as const)('isAcceptance of %j is %s', (feedback, isAccepted) => {
  expect(isAcceptance(feedback)).toBe(isAccepted);
});
