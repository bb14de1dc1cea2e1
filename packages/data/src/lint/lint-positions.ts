import type { RegionSample } from '../records.js';
import type { LintedText, LintFinding } from './lint-sample.js';
import { contradictedSides, positionClaims } from './position-claims.js';

/** Descriptions that place their region on the wrong side of the image. */
export function lintPositions(sample: RegionSample, { text, region: id }: LintedText): LintFinding[] {
  const region = sample.regions.find((candidate) => candidate.id === id);
  if (region === undefined) return [];
  const { box } = region;
  return positionClaims(text).flatMap(({ words, sides }): LintFinding[] => {
    const wrong = contradictedSides(sides, box);
    if (wrong.length === 0) return [];
    const span = (from: number, to: number): string =>
      `${Math.round(100 * from)} to ${Math.round(100 * to)} %`;
    return [
      {
        sample: sample.id,
        region: region.id,
        kind: 'position',
        claim: words,
        evidence: `not on the ${wrong.join(' ')}: its box covers ${span(box.x0, box.x1)} from the left, ${span(box.y0, box.y1)} from the top`,
        regions: [region.id],
      },
    ];
  });
}
