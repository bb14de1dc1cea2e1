import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCEPT_TEXT, ISSUE_KINDS } from './feedback-grammar.js';
import { parseFeedback } from './parse-feedback.js';
import { saysNoCorrections } from './says-no-corrections.js';

const ACCEPTED = [
  'No further corrections needed',
  'NO FURTHER CORRECTIONS NEEDED.',
  ' no  further corrections\nneeded !',
  'No further corrections are needed.',
  'No further correction is needed.',
  'There are no further corrections needed.',
  '"No further corrections needed."',
  '\u201cNo further corrections needed\u201d',
  "'No further corrections needed'.",
  '`No further corrections needed`',
  '```\nNo further corrections needed.\n```',
  '**No further corrections needed.**',
  '> _No further corrections needed_',
  '- No further corrections needed.',
  '{"feedback": "No further corrections needed"}',
  'Feedback: no further corrections needed',
  'Looks right.\nNo further corrections needed.',
  'Looks right\nNo further corrections needed',
  'All of it is right. No further corrections needed.',
  'The answer is correct and accurate; no further corrections needed.',
  'The answer matches the image, so no further corrections are needed.',
  'That\u2019s right. No further corrections needed.',
  'No further corrections needed, well done',
  'No further corrections needed. The caption is fully consistent with the image. \u2705',
  'No further corrections needed. No further corrections needed.',
];
const REFUSED = [
  '',
  'looks right',
  'no further corrections needed, but the dog is a cat',
  'No further corrections needed. However the cat is black.',
  'The dog is wrong; fix it. No further corrections needed.',
  'No further corrections needed; the cat is black',
  'No further corrections needed: the cat is black',
  'No further corrections needed except for the cat',
  'No further corrections needed to the colour',
  'No further corrections needed?',
  'Are no further corrections needed',
  'it is false that no further corrections needed',
  'It is not true. No further corrections needed.',
  'The answer is not right. No further corrections needed.',
  'The answer is mostly right. No further corrections needed.',
  'The answer is right of the dog. No further corrections needed.',
  'no corrections needed',
  '"No further corrections needed" is what I would say if the cat were black.',
  // Each may be what the answer should have been.
  'Yes. No further corrections needed.',
  'Right. No further corrections needed.',
  'It is right. No further corrections needed.',
  '2. No further corrections needed.',
  'object : no further corrections needed',
];

describe('saysNoCorrections', () => {
  it.each(ACCEPTED)('takes %j for an acceptance', (text) => {
    expect(saysNoCorrections(text)).toBe(true);
    expect(parseFeedback(text)).toEqual({ verdict: 'accept' });
  });

  it.each(REFUSED)('takes %j for none', (text) => {
    expect(saysNoCorrections(text)).toBe(false);
    if (text !== '') expect(parseFeedback(text).verdict).toBe('revise');
  });

  it('takes no text with another word for an acceptance', () => {
    const links = ['and', 'thus', 'therefore', 'feedback', 'verdict', 'now'];
    const word = fc
      .stringMatching(/^[a-z]{3,12}$/)
      .filter((each) => !links.includes(each) && !saysNoCorrections(`${each} . ${ACCEPT_TEXT}`));
    const mark = fc.constantFrom(' ', '. ', ', ', '; ', ': ', '\n', '! ', ' **', ' "');
    fc.assert(
      fc.property(word, mark, fc.constantFrom(...ACCEPTED), (other, between, text) => {
        expect(saysNoCorrections(`${other}${between}${text}`)).toBe(false);
        expect(saysNoCorrections(`${text}${between}${other}`)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no issue of the grammar for an acceptance', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ISSUE_KINDS), fc.constantFrom(...ACCEPTED), (kind, text) => {
        expect(parseFeedback(`${kind} : ${text}`).verdict).toBe('revise');
      }),
    );
  });

  it('needs a time that grows with the length alone', () => {
    for (const piece of ['. ', 'looks right ', 'and ', '*', "'", 'all of it ', `${ACCEPT_TEXT} `]) {
      const long = piece.repeat(200_000 / piece.length);
      expect(saysNoCorrections(`${long}x`)).toBe(false);
    }
  });
});

it('leaves the phrase out beside issues', () => {
  const faults: string[] = [];
  const text = 'the cat is black ; "No further corrections are needed."';
  expect(parseFeedback(text, { response: 'a cat', onFault: (fault) => faults.push(fault) })).toEqual({
    verdict: 'revise',
    issues: [{ kind: 'reasoning', claim: 'a cat', correction: 'the cat is black' }],
    text: 'reasoning : the cat is black',
  });
  expect(faults).toHaveLength(2);
});
