import { type ImageSize, relationBetween } from '@fgam/data';
import { statedRelation } from '../../truth/phrases.js';
import type { EvidenceObject } from './image-evidence.js';

/** An object under the name that it is told by. */
export type NamedObject = Pick<EvidenceObject, 'name' | 'box'>;

/** What two boxes are to each other in words; none where they are nothing that has a name. */
export function statedBetween(subject: NamedObject, object: NamedObject, size: ImageSize): string[] {
  const relation = relationBetween(subject.box, object.box, size);
  return relation === null ? [] : [statedRelation({ subject: subject.name, relation, object: object.name })];
}
