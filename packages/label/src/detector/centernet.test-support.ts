import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Detection, type Detector, type ImageSource, suppressOverlaps } from '@fgam/data';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { ready, setBackend, tensor4d, tidy } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { prepareImage } from './prepare-image.js';

const SIDE = 512;
const NUMBERS = 6;
const RAW = { rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] };

interface GraphFile {
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly weights: { name: string; shape: number[]; dtype: 'float32' }[];
  }[];
}

/**
 * A detector of COCO's 80 categories with real weights: the CenterNet on MobileNetV3
 * (github.com/610265158/mobilenetv3_centernet) that the npm package `@vladmandic/human` ships (MIT), on
 * tfjs's wasm backend. It knows the categories' names alone.
 */
export async function createCenterNet(): Promise<Detector> {
  await setBackend('wasm');
  await ready();
  const model = await loadGraphModel({ load: readArtifacts });
  const detect = async (image: ImageSource, phrases: readonly string[]): Promise<Detection[]> => {
    if (phrases.length === 0) return [];
    const { data } = await prepareImage(image, {
      sizeOf: () => ({ width: SIDE, height: SIDE }),
      scale: RAW,
      maxPixels: 1e8,
    });
    const rows = tidy(() => {
      const pixels = tensor4d(interleaved(data), [1, SIDE, SIDE, 3]);
      const found = model.execute(pixels, ['tower_0/detections']);
      if (Array.isArray(found)) throw new Error('CenterNet: expected one output, got several');
      return found.dataSync();
    });
    const detections: Detection[] = [];
    for (let at = 0; at < rows.length; at += NUMBERS) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, score = 0, category = -1] = rows.slice(at, at + NUMBERS);
      const label = COCO_NAMES[category];
      const clip = (value: number) => Math.min(1, Math.max(0, value / SIDE));
      const box = { x0: clip(x0), y0: clip(y0), x1: clip(x1), y1: clip(y1) };
      if (label === undefined || !phrases.includes(label) || score < 0.01) continue;
      if (box.x1 > box.x0 && box.y1 > box.y0) detections.push({ box, label, score });
    }
    return suppressOverlaps(detections, 0.7);
  };
  return {
    name: 'centernet',
    async detect(requests, { signal } = {}) {
      const found = [];
      for (const { image, phrases } of requests) {
        signal?.throwIfAborted();
        found.push(await detect(image, phrases));
      }
      return found;
    },
  };
}

async function readArtifacts() {
  const main = createRequire(import.meta.url).resolve('@vladmandic/human');
  const folder = join(dirname(main), '..', 'models');
  const graph = JSON.parse(await readFile(join(folder, 'centernet.json'), 'utf8')) as GraphFile;
  const weights = await readFile(join(folder, 'centernet.bin'));
  return {
    modelTopology: graph.modelTopology,
    weightSpecs: graph.weightsManifest.flatMap((group) => group.weights),
    weightData: Uint8Array.from(weights).buffer,
  };
}

/** `[3, H, W]` to `[H, W, 3]`. */
function interleaved(planes: Float32Array): Float32Array {
  const pixels = planes.length / 3;
  return planes.map((_, i) => planes[(i % 3) * pixels + Math.floor(i / 3)] ?? 0);
}

/** COCO's categories in the order of their ids. */
export const COCO_NAMES: readonly string[] = (
  'person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,' +
  'dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,' +
  'baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,' +
  'orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,' +
  'cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush'
).split(',');
