import { expect, it } from 'vitest';
import type { Port } from '../error.js';
import { resultFault } from './result-fault.js';

const issue = { kind: 'object', claim: 'yes' };
const refusal = { verdict: 'revise', issues: [issue], text: 'object : wrong' };
const refusing = (more: object) => ({ ...refusal, issues: [{ ...issue, ...more }] });

it.each<[Port, unknown]>([
  ['answerer', { text: '' }],
  ['answerer', { text: 'yes', tokens: 0, finish: 'stop' }],
  ['answerer', { text: 'yes', tokens: undefined }],
  ['critic', { verdict: 'accept' }],
  ['critic', { verdict: 'accept', confidence: 0 }],
  ['critic', { verdict: 'accept', confidence: undefined }],
  ['critic', { ...refusal, confidence: 1 }],
  ['critic', { verdict: 'revise', issues: [], text: '' }],
  ['critic', refusing({ correction: 'no', by: ['a'], evidence: { boxes: [], score: 0 } })],
  ['critic', refusing({ evidence: { boxes: [{ x0: 0, y0: 0, x1: 1 + 1e-7, y1: 1 }], score: 1 } })],
  ['decider', 'better'],
  ['decider', 'worse'],
  ['decider', 'undecided'],
])('takes what keeps to the contract of a %s: %o', (port, result) => {
  expect(resultFault(port, result)).toBeUndefined();
});

it.each<[Port, unknown, string]>([
  ['answerer', undefined, 'an answer with a text, got undefined'],
  ['answerer', 'yes', "an answer with a text, got 'yes'"],
  ['answerer', { text: null }, 'an answer with a text, got { text: null }'],
  ['answerer', { text: 'a', tokens: Number.NaN }, 'the tokens of an answer as a number from 0, or none'],
  ['answerer', { text: 'a', tokens: -1 }, 'the tokens of an answer'],
  ['answerer', { text: 'a', tokens: '3' }, 'the tokens of an answer'],
  ['critic', undefined, 'feedback whose verdict is accept or revise, got undefined'],
  ['critic', null, 'feedback whose verdict is accept or revise, got null'],
  ['critic', 'accept', "accept or revise, got 'accept'"],
  ['critic', {}, 'accept or revise, got {}'],
  ['critic', { verdict: 'maybe' }, "accept or revise, got { verdict: 'maybe' }"],
  ['critic', { verdict: 'accept', confidence: Number.NaN }, 'a confidence from 0 to 1, or none'],
  ['critic', { verdict: 'accept', confidence: 1.01 }, 'a confidence from 0 to 1'],
  ['critic', { ...refusal, confidence: -0.1 }, 'a confidence from 0 to 1'],
  ['critic', { ...refusal, confidence: '0.5' }, "a confidence from 0 to 1, or none, got { verdict: 'revise'"],
  ['critic', { verdict: 'revise' }, 'a refusal with a list of issues and a text, got'],
  ['critic', { ...refusal, issues: undefined }, 'a refusal with a list of issues'],
  ['critic', { ...refusal, text: null }, 'a refusal with a list of issues and a text'],
  [
    'critic',
    { ...refusal, issues: [null] },
    'issues with a kind (object, attribute, relation, count, reasoning)',
  ],
  ['critic', refusing({ kind: 'style' }), 'issues with a kind'],
  ['critic', refusing({ claim: undefined }), 'issues with a kind'],
  ['critic', refusing({ correction: 3 }), 'issues with a kind'],
  ['critic', refusing({ evidence: { boxes: [], score: Number.NaN } }), 'issues whose evidence'],
  ['critic', refusing({ evidence: { boxes: [{ x0: 0, y0: 0, x1: 1 }], score: 1 } }), 'issues whose evidence'],
  ['critic', refusing({ evidence: { boxes: [null], score: 1 } }), 'issues whose evidence'],
  ['critic', refusing({ evidence: 'seen' }), 'issues whose evidence'],
  ['critic', refusing({ by: 'a' }), 'and by a list of names'],
  ['decider', undefined, 'a decision: better, worse or undecided, got undefined'],
  ['decider', 'best', "a decision: better, worse or undecided, got 'best'"],
])('refuses of a %s %o', (port, result, fault) => {
  expect(resultFault(port, result)).toMatch(/^expected /);
  expect(resultFault(port, result)).toContain(fault);
});

it('shows no more of what came than fits a message', () => {
  const long = { text: 5, words: Array.from({ length: 1000 }, () => 'word '.repeat(100)) };
  const fault = resultFault('answerer', long) ?? '';
  expect(fault.length).toBeLessThan(300);
  expect(fault).not.toContain('\n');
});
