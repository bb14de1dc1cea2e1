import { SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { formatNounPhrase } from '../../claims/noun-phrase.js';
import { createImageReader, type ReadingOptions } from '../grounded/read-images.js';
import type { EvidenceReader } from './image-evidence.js';

/** Options of {@link createSimilarityEvidence}. */
export interface SimilarityEvidenceOptions extends ReadingOptions {
  /** Evidence from which an object is taken to be there, 0..1. Default 0.25, the grounded critic's. */
  readonly threshold?: number;
}

/**
 * Evidence by stage 1's region-text similarity: the objects that it sees, with their most probable
 * attributes and their boxes.
 *
 * @throws FgamError as `createImageReader` does
 * @example
 * ```ts
 * import { createRandom, type RegionTextScorer, renderScene, sampleScene } from '@fgam/data';
 * import { createSimilarityEvidence } from '@fgam/rectifier';
 *
 * // Stands for stage 1: the cosine of every box is 1 with texts of cats and 0 with others.
 * const scorer: RegionTextScorer = {
 *   name: 'sees cats',
 *   score: async (requests) =>
 *     requests.map(({ boxes, texts }) =>
 *       boxes.map(() => texts.map((text) => (text.includes('cat') ? 1 : 0))),
 *     ),
 * };
 * const readEvidence = createSimilarityEvidence({
 *   scorer,
 *   ontology: { nouns: ['cat', 'dog'], attributes: {}, unsaid: {} },
 *   boxes: [{ x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 }],
 *   logitScale: Math.log(3), // p(cat) = 3 / (3 + 1)
 * });
 * const [evidence] = await readEvidence([await renderScene(sampleScene(createRandom('an image')))]);
 * const seen = evidence?.objects.map(({ name, score }) => `${name} ${score.toFixed(2)}`).join();
 * if (seen !== 'cat 0.75') throw new Error(seen);
 * ```
 */
export function createSimilarityEvidence(options: SimilarityEvidenceOptions): EvidenceReader {
  const { threshold = 0.25, ontology = SCENE_ONTOLOGY } = options;
  const read = createImageReader(options);
  return async (images, call) => {
    const readings = await read(images, call);
    return readings.map((reading) => ({
      size: reading.size,
      objects: reading.objects(threshold).map(({ subject, box, score }) => ({
        name: formatNounPhrase(subject, ontology),
        box,
        score,
      })),
    }));
  };
}
