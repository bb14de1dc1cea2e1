import { type Detector, type ImageSize, readImageSize } from '@fgam/data';
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
 * @throws FgamError, at the call, as the detector and the image reader do
 */
export function createDetectorEvidence(options: DetectorEvidenceOptions): EvidenceReader {
  const { detector, phrases, threshold = 0 } = options;
  return async (images, call) => {
    const [found, sizes] = await Promise.all([
      detector.detect(
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
