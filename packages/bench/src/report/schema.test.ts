import { isFgamError, type Question, type Trajectory } from '@fgam/data';
import { expect, test } from 'vitest';
import { correctionAccounting } from '../accounting.js';
import { isRight } from '../scenes/is-right.js';
import { reportExample } from './report-example.js';
import { reportMetrics } from './report-metrics.js';
import { emptyReport } from './sample-report.test-support.js';
import { parseReport, type Report } from './schema.js';

test('takes what this package and the loop make, without a cast', () => {
  const question: Question = { id: 'q', sample: '1', kind: 'spatial', question: 'is it ?', answer: 'yes' };
  const feedback = {
    verdict: 'revise',
    issues: [{ kind: 'relation', claim: 'left', evidence: { boxes: [], score: 0.5 } }],
    text: 'no',
  } as const;
  const trajectory: Trajectory = {
    id: 'q',
    image: '1.png',
    question: 'is it ?',
    attempts: [{ response: 'no', feedback }, { response: 'yes' }],
    final: 'yes',
    stop: 'accepted',
  };
  const sample = { image: '1.png', regions: [] };
  const scores = [
    { task: 'spatial', metric: 'accuracy', value: Number.NaN, n: 0, interval: [NaN, NaN] as const },
  ];
  const report: Report = {
    ...emptyReport,
    variants: [
      {
        name: 'full',
        description: '',
        steps: 1,
        metrics: reportMetrics(scores),
        accounting: correctionAccounting([trajectory], [question], isRight),
      },
    ],
    examples: [reportExample(question, trajectory, sample)],
  };
  const parsed = parseReport(JSON.parse(JSON.stringify(report)));
  expect(parsed.variants).toEqual(report.variants);
  expect(parsed.variants[0]?.metrics['spatial.accuracy']).toEqual({ value: null, n: 0, interval: null });
  expect(parsed.examples[0]?.right).toEqual({ attempts: [false, true], final: true });
});

test('lists all faults at once, each with its place', () => {
  const metrics = { 'spatial.accuracy': { value: Number.NaN, n: -1, interval: [0.9, 0.1] } };
  const counts = { fixed: 1, broken: 1, unchangedRight: 0, unchangedWrong: 0, net: 5 };
  const round = { brokenIds: [], fixedIds: [], round: 'total', overall: counts, byKind: {} };
  const variant = { name: 'same', description: '', steps: 1.5, metrics };
  const trajectory = { id: 'q', attempts: [{ response: 'yes' }], final: 'yes', stop: 'accepted' };
  const example = { question: '?', answer: 'yes', trajectory, boxes: [] };
  const bad = {
    ...emptyReport,
    title: '',
    variants: [variant, { ...variant, accounting: { brokenIds: [], total: round, rounds: [] } }],
    examples: [
      { ...example, image: 'data:image/svg+xml;base64,AAAA' },
      { ...example, image: '1.png', right: { attempts: [], final: true } },
    ],
    surprise: 1,
  };
  try {
    parseReport(bad);
    expect.unreachable();
  } catch (error) {
    expect(isFgamError(error) && error.code).toBe('bench/bad-report');
    for (const place of [
      'title: ',
      'variants.0.steps: ',
      'variants.0.metrics.spatial.accuracy.value: ',
      'variants.0.metrics.spatial.accuracy.n: ',
      'variants.0.metrics.spatial.accuracy.interval: ',
      'variants.1.accounting.total.overall: ',
      'examples.0.image: ',
      'examples.1: ',
      'surprise',
    ])
      expect(String(error)).toContain(place);
  }
  const twins = [variant, variant].map((each) => ({ ...each, steps: 1, metrics: {} }));
  expect(() => parseReport({ ...emptyReport, variants: twins })).toThrow(
    /variants: expected a name of its own/,
  );
});
