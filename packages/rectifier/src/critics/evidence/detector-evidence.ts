import { type Detector, type ImageSize, readImageSize } from '@fgam/data';
import { detectEach } from '../detect-each.js';
import type { EvidenceReader } from './image-evidence.js';

/** Options of {@link createDetectorEvidence}. */
export interface DetectorEvidenceOptions {
  readonly detector: Detector;
  /** What it is asked for in each image. */
  readonly phrases: readonly string[];
  /** Boxes of this score and above are evidence. Default: all that the detector gives. */
  readonly threshold?: number;
}

/**
 * Evidence by an open-vocabulary detector: the boxes that it has for phrases.
 *
 * @throws FgamError, at the call, as the detector and the image reader do, and `rectifier/bad-port` for lists that
 * are not those asked for
 * @example
 * ```ts
 * import { createRandom, type Detector, renderScene, sampleScene } from '@fgam/data';
 * import { createDetectorEvidence } from '@fgam/rectifier';
 *
 * const box = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
 * const scores = new Map([['cat', 0.2], ['dog', 0.4], ['hat', 0.9]]);
 * const detector: Detector = {
 *   name: 'sees a hat and a dog',
 *   detect: async (requests) =>
 *     requests.map(({ phrases }) => phrases.map((label) => ({ label, box, score: scores.get(label) ?? 0 }))),
 * };
 * const read = createDetectorEvidence({ detector, phrases: ['cat', 'dog', 'hat'], threshold: 0.3 });
 * const [evidence] = await read([await renderScene(sampleScene(createRandom('an image')))]);
 * const names = evidence?.objects.map(({ name }) => name).join();
 * if (names !== 'hat,dog' || evidence?.size.width !== 64) throw new Error(names);
 * ```
 */
export function createDetectorEvidence(options: DetectorEvidenceOptions): EvidenceReader {
  const { detector, phrases, threshold = 0 } = options;
  return async (images, call) => {
    const [found, sizes] = await Promise.all([
      detectEach(
        'createDetectorEvidence',
        detector,
        images.map((image) => ({ image, phrases })),
        call,
      ),
      Promise.all(images.map((image) => readImageSize(image))),
    ]);
    return images.map((_, i) => ({
      size: sizes[i] as ImageSize,
      objects: (found[i] ?? [])
        .filter(({ score }) => score >= threshold)
        .map(({ label, box, score }) => ({ name: label, box, score }))
        .sort((a, b) => b.score - a.score),
    }));
  };
}
