import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CAPTURED_KERNELS } from './capture.js';

const BEGIN = '<!-- captured kernels: begin -->';
const END = '<!-- captured kernels: end -->';

/** The README's list, in lines of at most 110 characters. */
function kernelList(): string {
  const lines = [''];
  for (const kernel of CAPTURED_KERNELS.map((name) => `\`${name}\``)) {
    const line = lines.at(-1) as string;
    if (line.length + kernel.length + 2 > 110) lines.push(kernel);
    else lines[lines.length - 1] = line === '' ? kernel : `${line} ${kernel}`;
  }
  return lines.join('\n');
}

test('the README lists the captured kernels', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const listed = readme.slice(readme.indexOf(BEGIN) + BEGIN.length, readme.indexOf(END)).trim();
  expect(listed, `paste between the markers of README.md:\n\n${kernelList()}\n`).toBe(kernelList());
});
