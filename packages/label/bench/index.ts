import { cpus } from 'node:os';
import { benchDescriber } from './describer.js';
import { benchDetector } from './detector.js';

const figures = [...(await benchDescriber()), ...(await benchDetector())];
if (process.argv.includes('--json')) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  console.log(JSON.stringify({ ...machine, figures }, null, 2));
} else console.table(Object.fromEntries(figures.map(({ name, value, unit }) => [name, { value, unit }])));
