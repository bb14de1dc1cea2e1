import { createRandom, type Random } from '@fgam/data';
import type { ScoredImage } from './coco-average-precision.js';

/** Seeded boxes: objects, some of them crowds, and detections near them or anywhere, many with equal scores. */
export function randomScoredImages(seed: number, images: number): ScoredImage[] {
  const random = createRandom(`average precision ${seed}`);
  const labels = ['cat', 'dog', 'kite'];
  const pick = () => random.pick(labels);
  return Array.from({ length: images }, () => {
    const truths = Array.from({ length: Math.floor(random.float() * 8) }, () => ({
      box: randomBox(random),
      label: pick(),
      ...(random.float() < 0.15 ? { crowd: true } : {}),
    }));
    const near = truths.flatMap(({ box, label }) =>
      Array.from({ length: Math.floor(random.float() * 3) }, () => ({
        box: shifted(box, random),
        label: random.float() < 0.9 ? label : pick(),
        score: Math.round(random.float() * 20) / 20,
      })),
    );
    const anywhere = Array.from({ length: Math.floor(random.float() * 6) }, () => ({
      box: randomBox(random),
      label: pick(),
      score: Math.round(random.float() * 12) / 20,
    }));
    return { truths, detections: [...near, ...anywhere] };
  });
}

/** Multiples of 1/512, whose products and sums are exact. */
function randomBox(random: Random) {
  const side = (start: number) => start + 32 + Math.floor(random.float() * (480 - start));
  const [x, y] = [Math.floor(random.float() * 400), Math.floor(random.float() * 400)];
  return { x0: x / 512, y0: y / 512, x1: side(x) / 512, y1: side(y) / 512 };
}

function shifted(box: ReturnType<typeof randomBox>, random: Random) {
  const move = (value: number, least: number, most: number) =>
    Math.min(most, Math.max(least, value + Math.round((random.float() - 0.5) * 40) / 512));
  const [x0, y0] = [move(box.x0, 0, 480 / 512), move(box.y0, 0, 480 / 512)];
  return { x0, y0, x1: move(box.x1, x0 + 16 / 512, 1), y1: move(box.y1, y0 + 16 / 512, 1) };
}

/** The same as COCO's files: ground truth and results, in pixels of 512 x 512. */
export function toCoco(images: readonly ScoredImage[]): {
  readonly truth: object;
  readonly results: object[];
} {
  const labels = [
    ...new Set(images.flatMap((each) => [...each.truths, ...each.detections].map(({ label }) => label))),
  ];
  const categoryOf = (label: string) => labels.indexOf(label) + 1;
  const bbox = ({ x0, y0, x1, y1 }: ScoredImage['detections'][number]['box']) => [
    x0 * 512,
    y0 * 512,
    (x1 - x0) * 512,
    (y1 - y0) * 512,
  ];
  const annotations = images.flatMap(({ truths }, image) =>
    truths.map(({ box, label, crowd }) => ({
      image_id: image + 1,
      category_id: categoryOf(label),
      bbox: bbox(box),
      area: (box.x1 - box.x0) * (box.y1 - box.y0) * 512 * 512,
      iscrowd: crowd ? 1 : 0,
    })),
  );
  return {
    truth: {
      info: {},
      images: images.map((_, i) => ({ id: i + 1, width: 512, height: 512 })),
      categories: labels.map((name, i) => ({ id: i + 1, name })),
      annotations: annotations.map((annotation, i) => ({ id: i + 1, ...annotation })),
    },
    results: images.flatMap(({ detections }, image) =>
      detections.map(({ box, label, score }) => ({
        image_id: image + 1,
        category_id: categoryOf(label),
        bbox: bbox(box),
        score,
      })),
    ),
  };
}
