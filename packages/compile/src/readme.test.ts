import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withKernelLists } from '../scripts/kernel-lists.js';

test('the README lists the kernels as the code has them', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme, 'run: npm run readme -w @fgam/compile').toBe(withKernelLists(readme));
});
