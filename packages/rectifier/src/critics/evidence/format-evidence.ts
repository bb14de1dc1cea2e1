import { type BoxUnit, formatLocation } from '@fgam/data';
import type { ImageEvidence } from './image-evidence.js';
import { statedBetween } from './stated-between.js';

/** Options of {@link formatEvidence}: parts of the prompt that a module is trained on. */
export interface FormatEvidenceOptions {
  /** The surest so many. Default 8. */
  readonly objects?: number;
  /** Between the surest objects. Default 4. */
  readonly relations?: number;
  /** Default: location words, which FGAM's own tokenizers have as tokens. */
  readonly formatBox?: (box: BoxUnit) => string;
}

/**
 * Evidence in words:
 * `small red circle <loc_3> <loc_4> <loc_9> <loc_10> ; ... ; the small red circle is left of the large blue square`,
 * or `nothing`.
 *
 * Relations are by the boxes (`relationBetween`), the pairs of surer objects first.
 */
export function formatEvidence(
  { objects: all, size }: ImageEvidence,
  options: FormatEvidenceOptions = {},
): string {
  const { objects: most = 8, relations = 4, formatBox = formatLocation } = options;
  const objects = all.slice(0, most);
  const pairs = objects
    .flatMap((object, i) => objects.slice(0, i).map((subject) => ({ subject, object })))
    .flatMap(({ subject, object }) => statedBetween(subject, object, size));
  const parts = [
    ...objects.map(({ name, box }) => `${name} ${formatBox(box)}`),
    ...pairs.slice(0, relations),
  ];
  return parts.join(' ; ') || 'nothing';
}
