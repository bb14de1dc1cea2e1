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
 * @throws FgamError as `createGroundedCritic` does
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
