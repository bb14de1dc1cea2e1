import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCoco } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { COCO_NAMES, createCenterNet } from './centernet.test-support.js';
import { cocoAveragePrecision } from './coco-average-precision.js';
import { toScoredImage } from './coco-truths.test-support.js';
import { detectorContract } from '../../../data/src/detector-contract.test-support.js';

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
const absent = !existsSync(coco) && process.env['FGAM_REQUIRE_ALL'] !== '1';

const samples = absent
  ? []
  : (
      await readCoco({
        instances: join(coco, 'annotations', 'instances_train2017.json'),
        images: join(coco, 'train2017'),
        check: 'header',
      })
    ).samples.slice(0, 8);

describe.skipIf(absent)('a detector with real weights on photos of COCO (needs the shared data)', () => {
  const [first, second] = samples;
  if (first !== undefined && second !== undefined)
    detectorContract('CenterNet', createCenterNet, [
      { image: first.image, phrases: COCO_NAMES, finds: [] },
      { image: second.image, phrases: ['person', 'a word that it does not know'], finds: [] },
    ]);

  it('finds what people marked, by COCO’s measure', async () => {
    const detector = await createCenterNet();
    const found = await detector.detect(samples.map(({ image }) => ({ image, phrases: COCO_NAMES })));
    const { ap, ap50 } = cocoAveragePrecision(
      samples.map((sample, i) => toScoredImage(sample, found[i] ?? [])),
    );
    // All 80 photos: `npm run bench -w @fgam/label`, docs/log.md.
    expect(ap50).toBeGreaterThan(0.25);
    expect(ap).toBeGreaterThan(0.15);
  });
});
