import { type BoxUnit, contradictedSides, positionClaims } from '@fgam/data';
import type { TextFault } from './check-description.js';

/**
 * The place named in an English text that a box contradicts, or undefined: grammar and test
 * are those of `lintSample`.
 */
export function positionFault(text: string, box: BoxUnit): TextFault | undefined {
  const [wrong] = positionClaims(text).flatMap(({ sides }) => contradictedSides(sides, box));
  return wrong === undefined
    ? undefined
    : { reason: 'position', detail: `"${wrong}" is not where the box is` };
}
