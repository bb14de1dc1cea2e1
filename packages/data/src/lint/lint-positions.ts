import type { BoxUnit, RegionSample } from '../records.js';
import type { LintedText, LintFinding } from './lint-sample.js';

/** A place in the image: not "left arm", and not "left of the table". */
const PLACE =
  /\b(?:on|in|at|to|near|towards?) the (?:far |extreme |very )?((?:(?:top|bottom|upper|lower)[ -]?)?(?:left|right)|top|bottom)(?: (?:side|corner|half|part|edge|hand side))?(?: of the (?:image|picture|photo|photograph|frame|scene|screen))?(?=[\s,.;]*$|[,.;]| and\b| with\b)/gi;

type Side = 'left' | 'right' | 'top' | 'bottom';

/** Whether a box lies wholly on the other side of the image's middle. */
const IS_OPPOSITE: Readonly<Record<Side, (box: BoxUnit) => boolean>> = {
  left: (box) => box.x0 > 0.5,
  right: (box) => box.x1 < 0.5,
  top: (box) => box.y0 > 0.5,
  bottom: (box) => box.y1 < 0.5,
};

/** Descriptions that place their region on the wrong side of the image. */
export function lintPositions(sample: RegionSample, { text, region: id }: LintedText): LintFinding[] {
  const region = sample.regions.find((candidate) => candidate.id === id);
  if (region === undefined) return [];
  const { box } = region;
  return [...text.matchAll(PLACE)].flatMap((match): LintFinding[] => {
    const wrong = sidesOf(match[1] ?? '').filter((side) => IS_OPPOSITE[side](box));
    if (wrong.length === 0) return [];
    const span = (from: number, to: number): string =>
      `${Math.round(100 * from)} to ${Math.round(100 * to)} %`;
    return [
      {
        sample: sample.id,
        region: region.id,
        kind: 'position',
        claim: match[0].trim(),
        evidence: `not on the ${wrong.join(' ')}: its box covers ${span(box.x0, box.x1)} from the left, ${span(box.y0, box.y1)} from the top`,
        regions: [region.id],
      },
    ];
  });
}

function sidesOf(place: string): Side[] {
  const words = place.toLowerCase().replace('upper', 'top').replace('lower', 'bottom');
  return (['left', 'right', 'top', 'bottom'] as const).filter((side) => words.includes(side));
}
