import { cpus } from 'node:os';
import { benchCoco } from './coco.js';
import { benchImages } from './images.js';
import { benchPipeline } from './pipeline.js';
import { benchScenes } from './scenes.js';

const figures = [
  ...(await benchScenes()),
  ...(await benchPipeline()),
  ...(await benchCoco()),
  ...(await benchImages()),
].map((figure) => ({
  ...figure,
  value: Number(figure.value.toPrecision(3)),
}));
if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, figures }, null, 2),
  );
} else {
  console.table(Object.fromEntries(figures.map(({ name, value, unit }) => [name, { median: value, unit }])));
}
