import { expect, test } from 'vitest';
import { columnOf, rowsOf } from './columns.js';
import { plotCurve, plotMetric } from './plots.js';
import { emptyReport } from './sample-report.test-support.js';

const metricsOf = (value: number) => ({ 'spatial.accuracy': { value, n: 40, interval: null } });
const variants = ['zebra', 'full "quoted" \u2028', 'ant'].map((name, index) => ({
  name,
  description: '',
  steps: 1,
  metrics: metricsOf(0.1 * (index + 1)),
  withLoop: metricsOf(0.1 * (index + 5)),
}));

test('a bar is as long as its value, in the order of the report', async () => {
  expect(
    ['amber.hal', 'gqa.distribution', 'chair.chairS', 'amber.cover'].map((name) => columnOf(name).better),
  ).toEqual([...['lower', 'lower', 'lower', 'higher']]);
  const svg = await plotMetric(columnOf('spatial.accuracy'), rowsOf({ ...emptyReport, variants }));
  // The axis from 0 to 1 is 220 units long.
  const lengths = [...svg.matchAll(/d="M0,[\d.]+h([\d.]+)v13h[^"]*" fill="#/g)].map(([, length]) =>
    Number(length),
  );
  expect(lengths.map((length) => (length / 220).toFixed(3)).sort()).toEqual(
    [0.1, 0.2, 0.3, 0.5, 0.6, 0.7].map((value) => value.toFixed(3)),
  );
  const names = [...svg.matchAll(/>(zebra|full|ant)/g)].map(([, name]) => name);
  expect(names).toEqual(['zebra', 'full', 'ant']);
  // Several plots share a page: an id or a reference to one would reach into another plot.
  expect(svg).not.toMatch(/\sid="|url\(|xmlns/);
});

test('a long curve keeps its ends and stays small', async () => {
  const points = Array.from({ length: 5000 }, (_, step) => ({ step, loss: 1 / (step + 1), parts: {} }));
  const svg = await plotCurve({ name: 'long', points });
  const [path = ''] = /d="M0,[^"]*L[^"]*"/.exec(svg) ?? [];
  const count = path.split('L').length;
  expect(count).toBeGreaterThan(300);
  expect(count).toBeLessThanOrEqual(401);
  expect(path).toMatch(/L3(?:19\.9\d*|20),/);
});
