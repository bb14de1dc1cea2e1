import { expect, it } from 'vitest';
import { renderReliability } from './render-reliability.js';

const bins = [
  { low: 0, high: 0.5, count: 8, score: 0.25, right: 0.125 },
  { low: 0.5, high: 0.75, count: 0, score: 0.625, right: undefined },
  { low: 0.75, high: 1, count: 4, score: 0.9, right: 1 },
];

it('shows each bin that has answers, the diagonal and the threshold, on a page that loads nothing', async () => {
  const page = await renderReliability({ bins, threshold: 0.625 });
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/https?:|<script/);
  // Two bars: the bin without answers has a row, and none.
  expect(page.match(/<path[^>]*fill="#2f7fd1"/g)).toHaveLength(2);
  expect(page.match(/<tr>/g)).toHaveLength(4);
  expect(page).toContain('<td>12.5 %</td>');
  expect(page).toContain('at 0.625');
  // The lines: the diagonal, and the threshold that stands elsewhere where it is another.
  const elsewhere = await renderReliability({ bins, threshold: 0.25 });
  const svg = (text: string) => text.slice(text.indexOf('<svg'), text.indexOf('</svg>'));
  expect(svg(elsewhere)).not.toBe(svg(page));
});
