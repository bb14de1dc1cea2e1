#!/usr/bin/env node
/**
 * Reads every source of a folder of data sets by its reader, in one run, and prints what each gave as a
 * Markdown table, or with `--json` as one JSON array.
 *
 *     npm run build -w @fgam/data
 *     node tools/table-of-sources.mjs [--data ../shared/data] [--json]
 *
 * Pairs are region-text pairs: regions without crowds. MB are those of the files read, photos where they were
 * decoded, a first and only reading: disks and caches are in MB/s too. A source whose folder is missing has a
 * row that says so. What is made from others is written into a temporary folder first, untimed.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  countSkips,
  readCoco,
  readFlickr30kSentences,
  readImageFolder,
  readLaion,
  readLaionRows,
  readLlavaContexts,
  readRefCoco,
  readScenes,
  readVisualGenome,
  readYolo,
  selectRegions,
  streamCoco,
  streamInstructionSamples,
  writeScenes,
} from '../packages/data/dist/index.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: fileURLToPath(new URL('../../shared/data', import.meta.url)) },
    json: { type: 'boolean', default: false },
  },
});
const data = (...names) => join(values.data, ...names);
const made = mkdtempSync(join(tmpdir(), 'fgam-sources-'));

const coco = data('coco-mini');
const instances = join(coco, 'annotations', 'instances_train2017.json');
const captions = join(coco, 'annotations', 'captions_train2017.json');
const photos = join(coco, 'train2017');

/** All files of a folder, and of those in it. */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function collect(stream) {
  const all = [];
  for await (const one of stream) all.push(one);
  return all;
}

/** The samples of a reader that hands its skips out. */
async function streamed(read) {
  const skipped = [];
  return { samples: await collect(read((skip) => skipped.push(skip))), skipped };
}

const ANNOTATIONS = 'annotations only';
const MADE = 'made from coco-mini';
const genome = (name, ...path) => data('visual-genome', ...path, `${name}.json`);
const graph = 'scene-graph-image3';

/**
 * `needs`: what must be there. `prepare`: writes what is made. `files`: what is read. `read`: gives
 * `samples`, or what stands in their place, and `skipped`.
 */
const SOURCES = [
  {
    name: 'COCO (coco-mini)',
    needs: coco,
    files: () => [instances, captions, ...filesIn(photos)],
    read: () => streamCoco({ instances, captions, images: photos }),
  },
  {
    name: 'Visual Genome, 100 images',
    note: ANNOTATIONS,
    needs: data('visual-genome'),
    files: () => ['image_data', 'objects', 'region_descriptions'].map((name) => genome(name)),
    read: () =>
      readVisualGenome({
        imageData: genome('image_data'),
        objects: genome('objects'),
        regionDescriptions: genome('region_descriptions'),
        images: data('visual-genome'),
        check: 'none',
      }),
  },
  {
    name: 'Visual Genome, a scene graph',
    note: ANNOTATIONS,
    needs: data('visual-genome', graph),
    files: () => filesIn(data('visual-genome', graph)),
    read: () =>
      readVisualGenome({
        imageData: genome('image_data', graph),
        objects: genome('objects', graph),
        attributes: genome('attributes', graph),
        relationships: genome('relationships', graph),
        images: data('visual-genome'),
        check: 'none',
      }),
  },
  {
    name: 'LAION list (Parquet)',
    note: `${ANNOTATIONS}: addresses and texts`,
    needs: data('laion-style'),
    files: () => [data('laion-style', 'test_1000.parquet')],
    read: () =>
      streamed((onSkip) => readLaionRows({ files: [data('laion-style', 'test_1000.parquet')], onSkip })),
  },
  {
    name: 'WebDataset tars',
    note: 'images without texts; one tar has no images',
    needs: data('webdataset'),
    files: () => ['sample.tgz', 'compressed.tar'].map((name) => data('webdataset', name)),
    read: () =>
      streamed((onSkip) =>
        readLaion({
          tars: ['sample.tgz', 'compressed.tar'].map((name) => data('webdataset', name)),
          images: join(made, 'webdataset'),
          captions: 'optional',
          onSkip,
        }),
      ),
  },
  {
    name: 'img2dataset tar',
    note: MADE,
    needs: coco,
    prepare: () => writeTar(join(made, 'tars', '00000.tar')),
    files: () => filesIn(join(made, 'tars')),
    read: () =>
      streamed((onSkip) =>
        readLaion({ tars: [join(made, 'tars', '00000.tar')], images: join(made, 'laion'), onSkip }),
      ),
  },
  {
    name: 'Flickr30k Entities',
    note: `${ANNOTATIONS}: sentences without boxes`,
    needs: data('flickr30k-entities'),
    files: () => filesIn(data('flickr30k-entities', 'sentences')),
    read: async () => {
      const { sentences, skipped } = await readFlickr30kSentences({
        sentences: data('flickr30k-entities', 'sentences'),
      });
      const rows = [...sentences.values()].map((of) => ({ captions: of.map(({ text }) => text) }));
      return { samples: rows, skipped };
    },
  },
  {
    name: 'RefCOCO, one reference',
    note: `${ANNOTATIONS}; the instance it names is made up`,
    needs: data('format-examples'),
    prepare: () =>
      writeFileSync(
        join(made, 'instances.json'),
        JSON.stringify({
          images: [{ id: 581857, file_name: 'a.jpg', width: 640, height: 427 }],
          annotations: [
            { id: 1719310, image_id: 581857, category_id: 1, bbox: [64, 0, 320, 427], iscrowd: 0 },
          ],
          categories: [{ id: 1, name: 'person' }],
        }),
      ),
    files: () => [data('format-examples', 'refcoco_refs_unc.first1.json'), join(made, 'instances.json')],
    read: () =>
      readRefCoco({
        refs: data('format-examples', 'refcoco_refs_unc.first1.json'),
        instances: join(made, 'instances.json'),
        images: made,
        check: 'none',
      }),
  },
  {
    name: "LLaVA's contexts",
    note: ANNOTATIONS,
    needs: data('llava'),
    files: () => [data('llava', 'caps_boxes_coco2014_val_80.jsonl')],
    read: async () => {
      const { contexts, skipped } = await readLlavaContexts({
        file: data('llava', 'caps_boxes_coco2014_val_80.jsonl'),
        images: data('llava'),
        check: 'none',
      });
      // They tell no size; regions are counted all the same.
      return { samples: contexts.map((context) => ({ ...context, width: 1, height: 1 })), skipped };
    },
  },
  {
    name: 'ShareGPT4V',
    note: `${MADE}: a caption as the answer`,
    needs: coco,
    prepare: () => writeConversations(join(made, 'sharegpt4v.json')),
    files: () => [join(made, 'sharegpt4v.json'), ...filesIn(photos)],
    read: async () => {
      const file = join(made, 'sharegpt4v.json');
      const { samples, skipped } = await streamInstructionSamples({
        source: 'sharegpt4v',
        file,
        images: photos,
      });
      return { samples: await collect(samples), skipped };
    },
  },
  {
    name: 'YOLO',
    note: MADE,
    needs: coco,
    prepare: () => writeYolo(join(made, 'yolo')),
    files: () => filesIn(join(made, 'yolo')),
    read: () => readYolo({ data: join(made, 'yolo', 'data.yaml') }),
  },
  {
    name: 'image folder',
    note: "coco-mini's photos",
    needs: photos,
    files: () => filesIn(photos),
    read: () => readImageFolder({ folder: photos }),
  },
  {
    name: 'scenes, 1,000',
    note: 'generated',
    prepare: () => writeScenes({ out: join(made, 'scenes'), count: 1000, seed: 1, split: 'train' }),
    files: () =>
      filesIn(join(made, 'scenes')).filter((path) => !/(?:questions\.jsonl|manifest\.json)$/.test(path)),
    read: () => readScenes(join(made, 'scenes'), { check: 'decode' }),
  },
];

const withCaptions = async () => [
  ...(await streamCoco({ instances, captions, images: photos, check: 'none' })).samples,
];

async function writeTar(path) {
  const folder = join(made, 'img2dataset');
  for (const place of [folder, join(path, '..')]) mkdirSync(place);
  for (const { id, image, caption } of await withCaptions()) {
    copyFileSync(image, join(folder, `${id}.jpg`));
    writeFileSync(join(folder, `${id}.txt`), caption);
    writeFileSync(join(folder, `${id}.json`), JSON.stringify({ url: `http://example.org/${id}.jpg` }));
  }
  const names = readdirSync(folder).sort();
  const { status } = spawnSync('tar', ['-C', folder, '-cf', path, ...names], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`table-of-sources: tar ended with ${status}`);
}

async function writeConversations(path) {
  const records = (await withCaptions()).map(({ id, image, caption }) => ({
    id,
    image: basename(image),
    conversations: [
      { from: 'human', value: 'What do you see in this picture?\n<image>' },
      { from: 'gpt', value: caption },
    ],
  }));
  writeFileSync(path, JSON.stringify(records));
}

async function writeYolo(folder) {
  const { samples } = await readCoco({ instances, images: photos, check: 'none', masks: false });
  const names = [...new Set(samples.flatMap(({ regions }) => regions.map(({ label }) => label)))];
  for (const place of ['images', 'labels']) mkdirSync(join(folder, place), { recursive: true });
  for (const { image, regions } of samples) {
    copyFileSync(image, join(folder, 'images', basename(image)));
    const lines = regions.map(({ label, box: { x0, y0, x1, y1 } }) =>
      [names.indexOf(label), (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0].join(' '),
    );
    writeFileSync(join(folder, 'labels', basename(image, '.jpg').concat('.txt')), lines.join('\n'));
  }
  writeFileSync(join(folder, 'data.yaml'), `train: images\nnames: ${JSON.stringify(names)}\n`);
}

const sum = (items, countOf) => items.reduce((total, item) => total + countOf(item), 0);

async function rowOf({ name, note = '', needs, prepare, files, read }) {
  if (needs !== undefined && !existsSync(needs)) return { source: name, note: 'not there' };
  await prepare?.();
  const bytes = sum(files(), (path) => statSync(path).size);
  const start = performance.now();
  const { samples: found, skipped } = await read();
  const samples = [...found];
  const seconds = (performance.now() - start) / 1000;
  return {
    source: name,
    note,
    samples: samples.length,
    regions: sum(samples, ({ regions = [] }) => regions.length),
    pairs: sum(samples, (sample) => (sample.regions ? selectRegions(sample).length : 0)),
    captions: sum(samples, (sample) => sample.captions?.length ?? (sample.caption === undefined ? 0 : 1)),
    skipped: countSkips(skipped),
    megabytes: bytes / 1e6,
    seconds,
    megabytesPerSecond: bytes / 1e6 / seconds,
  };
}

try {
  const rows = [];
  for (const source of SOURCES) rows.push(await rowOf(source));
  console.log(values.json ? JSON.stringify(rows) : markdown(rows));
} finally {
  rmSync(made, { recursive: true });
}

function markdown(rows) {
  const lines = rows.map((row) => {
    const {
      source,
      note,
      samples,
      regions,
      pairs,
      captions: texts,
      skipped = {},
      megabytes = 0,
      seconds,
      megabytesPerSecond = 0,
    } = row;
    const reasons = Object.entries(skipped).map(([reason, count]) => `${reason} ${count}`);
    const cells =
      samples === undefined
        ? ['', '', '', '', '', '', '']
        : [
            ...[samples, regions, pairs, texts].map((count) => count.toLocaleString('en')),
            reasons.join(', ') || 'none',
            megabytes.toFixed(megabytes < 1 ? 3 : 1),
            `${megabytesPerSecond.toFixed(1)} (${seconds.toFixed(2)} s)`,
          ];
    return `| ${[`${source}${note === '' ? '' : ` (${note})`}`, ...cells].join(' | ')} |`;
  });
  const head = ['source', 'samples', 'regions', 'pairs', 'captions', 'skipped by reason', 'MB', 'MB/s'];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...lines].join('\n');
}
