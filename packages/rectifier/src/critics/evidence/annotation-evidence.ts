import type { RegionSample } from '@fgam/data';
import { formatNounPhrase, parseNounPhrase } from '../../claims/noun-phrase.js';
import { type Ontology, SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { LOCATION_PATTERN } from '../../claims/locations.js';
import type { ImageEvidence } from './image-evidence.js';

/** A place that a description ends with: the box says it better. */
const PLACE = new RegExp(`\\s+(?:at|in|on) the (?:${LOCATION_PATTERN})$`);

/**
 * An annotation as evidence: what a reader that makes no mistakes would see. It is the truth, for training
 * alone.
 *
 * Each region is an object of score 1, in the annotation's order. A description loses its article and the
 * place at its end.
 *
 * @example
 * ```ts
 * import { annotationEvidence } from '@fgam/rectifier';
 *
 * const box = { x0: 0, y0: 0, x1: 0.25, y1: 0.25 };
 * const description = 'a small red circle at the top left';
 * const regions = [{ id: '1/0', box, label: 'red circle', description, source: 'scenes' }];
 * const { size, objects } = annotationEvidence({ id: '1', image: '1.png', width: 64, height: 48, regions });
 * if (size.height !== 48 || objects[0]?.name !== 'small red circle' || objects[0].score !== 1)
 *   throw new Error(JSON.stringify(objects));
 * ```
 */
export function annotationEvidence(
  { width, height, regions }: RegionSample,
  ontology: Ontology = SCENE_ONTOLOGY,
): ImageEvidence {
  return {
    size: { width, height },
    objects: regions.map(({ description, box }) => ({
      name: formatNounPhrase(parseNounPhrase(description.replace(PLACE, ''), ontology), ontology),
      box,
      score: 1,
    })),
  };
}
