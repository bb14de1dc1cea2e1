import { boxArea } from '../box.js';
import { maskCoverage } from '../mask-coverage.js';
import type { Region } from '../records.js';
import { type CuratedDraft, type DraftContext, evidenceOf, nameable, yesNo } from './curated-draft.js';
import { rankedThings } from './grounding-drafts.js';
import { isOnSide, SIDE_PHRASES, sideOf, SIDES } from './sides.js';

/** Areas that differ by less than this share of the larger are not compared. */
const SIZE_MARGIN = 0.2;

/**
 * `Which takes up more of the image, the dog or the car?`, in either order; by boxes and, where
 * both have one, by masks.
 */
export function compareSizesDrafts(context: DraftContext): CuratedDraft[] {
  const things = nameable(context);
  return things.flatMap((a, i) =>
    things.slice(i + 1).flatMap((b): CuratedDraft[] => {
      if (a.name === b.name) return [];
      // Of two things in one place a box is no measure.
      const hasMasks = a.region.mask !== undefined && b.region.mask !== undefined;
      const isMixed = !hasMasks && sideOf(a, b, context.facts.sample) === 'overlap';
      const larger = largerOf(a.region, b.region);
      if (isMixed || larger === undefined) {
        context.reject(isMixed ? 'overlap' : 'margin');
        return [];
      }
      const [winner, loser] = larger === a.region ? [a, b] : [b, a];
      return [[a, b] as const, [b, a] as const].map(([first, second]) => ({
        kind: 'reasoning',
        question: `Which takes up more of the image, the ${first.name} or the ${second.name}?`,
        answer: winner.name,
        truth: {
          type: 'compare-sizes',
          fact: `the ${winner.name} takes up more of the image than the ${loser.name}`,
          wrong: [loser.name],
          steps: [
            `find the ${first.name}`,
            `find the ${second.name}`,
            'compare how much of the image they take up',
          ],
          ...evidenceOf([first, second]),
          rule: 'geometry',
        },
      }));
    }),
  );
}

/** The larger of two regions, where boxes and masks agree and the margin is kept. */
function largerOf(a: Region, b: Region): Region | undefined {
  const verdict = (of: (region: Region) => number) => {
    const [areaA, areaB] = [of(a), of(b)];
    if (Math.abs(areaA - areaB) < SIZE_MARGIN * Math.max(areaA, areaB)) return undefined;
    return areaA > areaB ? a : b;
  };
  const byBox = verdict(({ box }) => boxArea(box));
  if (a.mask === undefined || b.mask === undefined) return byBox;
  return byBox === verdict(({ mask }) => (mask ? (maskCoverage(mask, 1)[0] ?? 0) : 0)) ? byBox : undefined;
}

/**
 * `Is the largest person to the left of the dog?`: a thing found among those of its name,
 * then compared with another.
 */
export function chainDrafts(context: DraftContext): CuratedDraft[] {
  const { facts, reject } = context;
  const ranked = rankedThings(context);
  const references = nameable(context);
  return ranked.flatMap(({ object, words, steps }) =>
    references
      .filter(({ name }) => name !== object.name)
      .flatMap((reference) => {
        const side = sideOf(object, reference, facts.sample);
        if (side === 'overlap' || side === 'margin') {
          reject(side);
          return [];
        }
        return SIDES.flatMap((asked): CuratedDraft[] => {
          const holds = isOnSide(object, reference, asked, facts.sample);
          if (holds === undefined) return [];
          const { answer, wrong } = yesNo(holds);
          return [
            {
              kind: 'reasoning',
              question: `Is the ${words} ${SIDE_PHRASES[asked]} the ${reference.name}?`,
              answer,
              truth: {
                type: 'chain',
                fact: `the ${words} is ${SIDE_PHRASES[side]} the ${reference.name}`,
                wrong,
                steps: [...steps, `find the ${reference.name}`, 'compare their places'],
                ...evidenceOf([object, reference]),
                rule: 'geometry',
              },
            },
          ];
        });
      }),
  );
}
