import type { Feedback, Issue } from '@fgam/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCEPT_TEXT, FEEDBACK_PATTERN, feedbackWords, ISSUE_KINDS } from './feedback-grammar.js';
import { foldSpace, formatFeedback, reviseFeedback } from './format-feedback.js';
import { parseFeedback } from './parse-feedback.js';

/** Any text, and texts full of the grammar's own words. */
const anyText = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc
      .array(fc.constantFrom('not', ',', ';', '\\', ':', 'wrong', 'object', 'a', ' ', 'NOT', ACCEPT_TEXT), {
        maxLength: 8,
      })
      .map((words) => words.join(' ')),
    fc
      .array(fc.constantFrom('not', ',', ';', '\\', ':', 'a', ' '), { maxLength: 8 })
      .map((words) => words.join('')),
  )
  .map(foldSpace);

const issues = fc.array(
  fc
    .record({ kind: fc.constantFrom(...ISSUE_KINDS), claim: anyText, correction: anyText })
    .map(
      ({ kind, claim, correction }): Issue =>
        correction === '' ? { kind, claim } : { kind, claim, correction },
    ),
  { minLength: 1, maxLength: 4 },
);

describe('formatFeedback and parseFeedback', () => {
  it('give back the same feedback, whatever is in it', () => {
    fc.assert(
      fc.property(issues, (list) => {
        const feedback = reviseFeedback(list);
        expect(parseFeedback(feedback.text)).toEqual(feedback);
        expect(formatFeedback(feedback)).toBe(feedback.text);
      }),
      { numRuns: 1000 },
    );
    expect(parseFeedback(formatFeedback({ verdict: 'accept' }))).toEqual({ verdict: 'accept' });
  });

  it('leave out a claim that is the response, and find it again', () => {
    fc.assert(
      fc.property(
        issues,
        anyText.filter((text) => text !== ''),
        (list, response) => {
          const about = list.map((issue, i) =>
            i % 2 === 0 || issue.claim === '' ? { ...issue, claim: response } : issue,
          );
          const feedback = reviseFeedback(about, { response });
          expect(parseFeedback(feedback.text, { response })).toEqual(feedback);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('write the forms of the grammar', () => {
    const of = (issue: Issue, response?: string) =>
      formatFeedback(
        { verdict: 'revise', issues: [issue], text: '' },
        response === undefined ? {} : { response },
      );
    const correction = 'there is no cat';
    expect(of({ kind: 'object', claim: 'yes', correction }, 'yes')).toBe('object : there is no cat');
    expect(of({ kind: 'object', claim: 'a cat', correction }, 'a cat , a dog')).toBe(
      'object : there is no cat , not a cat',
    );
    expect(of({ kind: 'object', claim: 'a cat' })).toBe('object : not a cat');
    expect(of({ kind: 'count', claim: '' })).toBe('count : wrong');
    expect(of({ kind: 'count', claim: '', correction: 'wrong ; 3 , not 2' })).toBe(
      'count : wrong \\; 3 \\, not 2',
    );
    expect(formatFeedback({ verdict: 'revise', issues: [], text: '  look  again ' })).toBe('look again');
    const evidence = { boxes: [{ x0: 0, y0: 0, x1: 1, y1: 1 }], score: 1 };
    expect(of({ kind: 'object', claim: '', correction, evidence })).toBe('object : there is no cat');
  });
});

describe('FEEDBACK_PATTERN', () => {
  const pattern = new RegExp(`^(?:${FEEDBACK_PATTERN})$`, 'u');

  it('has all that formatFeedback writes', () => {
    expect(formatFeedback({ verdict: 'accept' })).toMatch(pattern);
    fc.assert(
      fc.property(issues, (list) => {
        const { text } = reviseFeedback(list);
        expect(pattern.test(text)).toBe(!text.includes('\uFFFD'));
      }),
      { numRuns: 1000 },
    );
  });

  it('has nothing that is read with a fault, or loses an issue', () => {
    fc.assert(
      fc.property(fc.stringMatching(pattern), anyText, (text, response) => {
        const faults: string[] = [];
        const feedback = parseFeedback(text, { response, onFault: (fault) => faults.push(fault) });
        expect(faults).toEqual([]);
        expect(feedback.verdict).toBe(text === ACCEPT_TEXT ? 'accept' : 'revise');
        if (feedback.verdict === 'accept') return;
        const parts = text.replace(/\\./gsu, '').split(' ; ');
        expect(feedback.issues.map(({ kind }) => kind)).toEqual(parts.map((part) => part.split(' : ')[0]));
        expect(parseFeedback(formatFeedback(feedback, { response }), { response })).toEqual(feedback);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseFeedback', () => {
  it('takes emptiness and the phrase, in any case, as acceptance', () => {
    for (const text of [
      '',
      ' \n',
      'No further corrections needed',
      'NO FURTHER CORRECTIONS NEEDED.',
      ' no  further corrections\nneeded !',
      'All of it is right. No further corrections needed.',
      'No further corrections needed, well done',
    ])
      expect(parseFeedback(text)).toEqual({ verdict: 'accept' });
  });

  it('takes the phrase as acceptance if it is spelled with escapes', () => {
    expect(parseFeedback(`\\${ACCEPT_TEXT}`)).toEqual({ verdict: 'accept' });
  });

  it('is not fooled by the phrase within other feedback', () => {
    const texts = [
      'object : no further corrections needed',
      'it is false that no further corrections needed',
      `object : there is no cat ; ${ACCEPT_TEXT}`,
    ];
    for (const text of texts) expect(parseFeedback(text).verdict).toBe('revise');
  });

  it('makes an issue of free text, and reports it', () => {
    const faults: string[] = [];
    const feedback = parseFeedback('the circle is blue ;object: there is a cat', {
      response: 'a red circle',
      onFault: (fault) => faults.push(fault),
    });
    expect(feedback).toEqual({
      verdict: 'revise',
      issues: [
        { kind: 'reasoning', claim: 'a red circle', correction: 'the circle is blue' },
        { kind: 'object', claim: 'a red circle', correction: 'there is a cat' },
      ],
      text: 'reasoning : the circle is blue ; object : there is a cat',
    });
    expect(faults).toEqual([
      '"the circle is blue" is not "KIND : CORRECTION": taken as an issue of kind reasoning',
    ]);
  });

  it('never accepts other text, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const feedback: Feedback = parseFeedback(text);
        if (foldSpace(text) === '') expect(feedback.verdict).toBe('accept');
        else if (!text.toLowerCase().includes('needed')) {
          expect(feedback.verdict).toBe('revise');
          expect(feedback.verdict === 'revise' && feedback.issues.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('writes free text as if every claim were compared with the response', () => {
    const part = fc.oneof(anyText, fc.constantFrom('object : a', 'count : b , not a', 'object : not a', 'a'));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.oneof(anyText, fc.constant('a')),
        (parts, response) => {
          const feedback = parseFeedback(parts.join(' ; '), { response });
          if (feedback.verdict === 'accept') return;
          expect(feedback).toEqual(reviseFeedback(feedback.issues, { response }));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('reads long texts about long responses in a time that grows with their lengths alone', () => {
    const count = 30_000;
    for (const part of ['object : a', 'a', 'object : wrong', 'object : a , not b', 'object : not b']) {
      const text = Array.from({ length: count }, () => part).join(' ; ');
      const feedback = parseFeedback(text, { response: text });
      expect(feedback.verdict === 'revise' && feedback.issues).toHaveLength(count);
    }
  });

  it('reads a text that was cut off', () => {
    const faults: string[] = [];
    const feedback = parseFeedback('count :', { response: '2', onFault: (fault) => faults.push(fault) });
    expect(feedback).toEqual({
      verdict: 'revise',
      issues: [{ kind: 'count', claim: '2' }],
      text: 'count : wrong',
    });
    expect(faults).toHaveLength(1);
  });
});

it('lists the words of feedback, each once', () => {
  expect(feedbackWords()).toContain('corrections');
  expect(new Set(feedbackWords()).size).toBe(feedbackWords().length);
});
