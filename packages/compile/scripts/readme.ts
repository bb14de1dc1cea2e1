/** Writes the lists of kernels into the README, as the code has them: `npm run readme -w @fgam/compile`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withKernelLists } from './kernel-lists.js';

const path = new URL('../README.md', import.meta.url);
writeFileSync(path, withKernelLists(readFileSync(path, 'utf8')));
