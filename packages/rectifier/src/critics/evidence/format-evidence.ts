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
 *
 * @example
 * ```ts
 * import { formatEvidence } from '@fgam/rectifier';
 *
 * const size = { width: 64, height: 64 };
 * const objects = [
 *   { name: 'small red circle', box: { x0: 0, y0: 0, x1: 0.25, y1: 0.25 }, score: 0.9 },
 *   { name: 'blue square', box: { x0: 0.75, y0: 0, x1: 1, y1: 0.25 }, score: 0.7 },
 * ];
 * // A location word is a 32nd of the image.
 * const [circle, square, relation] = formatEvidence({ size, objects }).split(' ; ');
 * if (circle !== 'small red circle <loc_0> <loc_0> <loc_8> <loc_8>') throw new Error(circle);
 * if (square !== 'blue square <loc_24> <loc_0> <loc_31> <loc_8>') throw new Error(square);
 * if (relation !== 'the small red circle is left of the blue square') throw new Error(relation);
 * if (formatEvidence({ size, objects: [] }) !== 'nothing') throw new Error('nothing was seen');
 * ```
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
