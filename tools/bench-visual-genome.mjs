#!/usr/bin/env node
/**
 * Reads a folder of Visual Genome's files by `streamVisualGenome`, every sample made, and prints wall and
 * processor time, highest resident memory and counts.
 *
 *     node tools/make-visual-genome.mjs folder
 *     npm run build -w @fgam/data
 *     node tools/bench-visual-genome.mjs folder
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { countSkips, streamVisualGenome } from '../packages/data/dist/index.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('bench-visual-genome: expected a folder');
const names = ['image_data', 'region_descriptions', 'objects', 'attributes', 'relationships'];
const paths = names.map((name) => join(folder, `${name}.json`));
const [imageData, regionDescriptions, objects, attributes, relationships] = paths;

const before = process.cpuUsage();
const start = performance.now();
const secondsSince = (from) => (performance.now() - from) / 1000;
const { samples, skipped } = await streamVisualGenome({
  ...{ imageData, regionDescriptions, objects, attributes, relationships, images: 'photos', check: 'none' },
});
const read = secondsSince(start);
const found = { samples: 0, regions: 0, attributes: 0, relations: 0, annotatedRelations: 0 };
for (const sample of samples) {
  found.samples++;
  found.regions += sample.regions.length;
  for (const region of sample.regions) found.attributes += region.attributes?.length ?? 0;
  found.relations += sample.relations?.length ?? 0;
  found.annotatedRelations += sample.annotatedRelations?.length ?? 0;
}
const wall = secondsSince(start);
const { user, system } = process.cpuUsage(before);
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
const megabytes = paths.reduce((sum, path) => sum + statSync(path).size, 0) / 1e6;
console.log(
  JSON.stringify({
    megabytes,
    wall,
    read,
    cpu: (user + system) / 1e6,
    peakMiB: peak,
    ...found,
    skipped: countSkips(skipped),
  }),
);
