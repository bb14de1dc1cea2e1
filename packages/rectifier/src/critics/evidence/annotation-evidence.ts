import type { RegionSample } from '@fgam/data';
import { formatNounPhrase, parseNounPhrase } from '../../claims/noun-phrase.js';
import { type Ontology, SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { LOCATION_PATTERN } from '../../claims/locations.js';
import type { ImageEvidence } from './image-evidence.js';

/** A place that a description ends with: the box says it better. */
const PLACE = new RegExp(`\\s+(?:at|in|on) the (?:${LOCATION_PATTERN})$`);

/** An annotation as evidence: what a reader that makes no mistakes would see. It is the truth, for training alone. */
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
