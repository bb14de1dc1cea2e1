import { iou } from '../box.js';
import type { BoxUnit, CuratedType } from '../records.js';
import { formatLocation, parseLocation } from '../scenes/location-words.js';
import { askAttributes } from './attribute-drafts.js';
import { type CuratedDraft, type DraftContext, evidenceOf, nameable } from './curated-draft.js';
import { type PhotoFacts, type PhotoObject, isSmall, uncountable } from './photo-facts.js';
import { type Rank, ranksOf } from './ranks.js';
import { isOnSide, SIDE_PHRASES, SIDES } from './sides.js';

/**
 * A box is right from an intersection over union of 0.5 (RefCOCO's rule); wrong ones stay clear of it, bins
 * of location words included.
 */
const CLEARLY_WRONG = 0.4;
/** A thing may be so thin that location words miss it: an answer in words has to be right itself. */
const FINE_IOU = 0.55;

/** `Where is the dog?`, answered by a box in location words. */
export function groundingDrafts(context: DraftContext): CuratedDraft[] {
  return nameable(context).flatMap((object) =>
    askBox(context, object, {
      type: 'grounding',
      named: `the ${object.name}`,
      steps: [`find the ${object.name}`],
      others: [],
    }),
  );
}

/** `Where is the second person from the left?`, `Where is the largest dog?`, where the order is clear. */
export function referenceDrafts(context: DraftContext): CuratedDraft[] {
  return rankedThings(context).flatMap(({ object, words, steps, group }) =>
    askBox(context, object, {
      type: 'reference',
      named: `the ${words}`,
      steps,
      others: group.filter((other) => other !== object),
    }),
  );
}

/** A thing that stands out among those of its name. */
export interface RankedThing extends Rank {
  readonly group: readonly PhotoObject[];
  readonly steps: readonly string[];
}

/** The largest, smallest, leftmost, second from the left... of each name that several things have. */
export function rankedThings({ facts, reject }: DraftContext): RankedThing[] {
  if (!facts.isExhaustive) {
    reject('open-world');
    return [];
  }
  return [...facts.byName].flatMap(([name, group]): RankedThing[] => {
    if (group.length < 2) return [];
    const reason = uncountable(facts, name, group);
    if (reason !== undefined) {
      reject(reason);
      return [];
    }
    return ranksOf(group, { name, reject }).flatMap((rank) => {
      if (isSmall(rank.object)) reject('small');
      const steps = [`find every ${name}`, `take the ${rank.words}`];
      return isSmall(rank.object) ? [] : [{ ...rank, group, steps }];
    });
  });
}

/** `Where is the person to the left of the dog?`, where one of several is there. */
export function relatedGroundingDrafts(context: DraftContext): CuratedDraft[] {
  return relatedThings(context).flatMap(({ object, reference, named, steps }) =>
    askBox(context, object, { type: 'related-grounding', named, steps, others: [reference] }),
  );
}

/** `What colour is the car to the left of the dog?`, where one of several is there. */
export function relatedAttributeDrafts(context: DraftContext): CuratedDraft[] {
  const { facts, reject } = context;
  return relatedThings(context).flatMap(({ object, reference, named, steps }) =>
    askAttributes(facts, object, { type: 'related-attribute', named, steps, others: [reference], reject }),
  );
}

/** A thing that alone among those of its name is on a side of another thing. */
interface RelatedThing {
  readonly object: PhotoObject;
  readonly reference: PhotoObject;
  /** `the person to the left of the dog` */
  readonly named: string;
  readonly steps: readonly string[];
}

function relatedThings(context: DraftContext): RelatedThing[] {
  const { facts, reject } = context;
  const references = nameable(context);
  return [...facts.byName].flatMap(([name, group]) => {
    if (group.length < 2 || uncountable(facts, name, group) !== undefined) return [];
    return references
      .filter((reference) => reference.name !== name)
      .flatMap((reference) =>
        SIDES.flatMap((side): RelatedThing[] => {
          const are = group.map((object) => isOnSide(object, reference, side, facts.sample));
          const found = group.filter((_, i) => are[i] === true);
          const [object] = found;
          if (are.includes(undefined)) reject('margin');
          if (are.includes(undefined) || !object || found.length > 1) return [];
          if (isSmall(object)) {
            reject('small');
            return [];
          }
          const named = `the ${name} ${SIDE_PHRASES[side]} the ${reference.name}`;
          const steps = [
            `find the ${reference.name}`,
            `find every ${name}`,
            `take the one ${SIDE_PHRASES[side]} the ${reference.name}`,
          ];
          return [{ object, reference, named, steps }];
        }),
      );
  });
}

function askBox(
  { facts, reject, random }: DraftContext,
  object: PhotoObject,
  question: {
    readonly type: CuratedType & ('grounding' | 'reference' | 'related-grounding');
    readonly named: string;
    readonly steps: readonly string[];
    readonly others: readonly PhotoObject[];
  },
): CuratedDraft[] {
  const { type, named, steps, others } = question;
  const { box } = object.region;
  const answer = formatLocation(box);
  const inWords = parseLocation(answer);
  if (!inWords || iou(inWords, box) < FINE_IOU) {
    reject('coarse');
    return [];
  }
  const wrong = wrongBoxes(facts, object)
    .map(formatLocation)
    .filter((text) => text !== answer);
  if (wrong.length === 0) {
    reject('no-wrong-answer');
    return [];
  }
  return [
    {
      kind: 'grounding',
      question: `Where is ${named}?`,
      answer,
      box,
      truth: {
        type,
        fact: `${named} is at ${answer}`,
        wrong: random.shuffle([...new Set(wrong)]).slice(0, 4),
        steps: [...steps, 'give its box'],
        ...evidenceOf([object, ...others]),
        rule: type === 'grounding' ? 'annotated' : 'annotated and geometry',
      },
    },
  ];
}

/**
 * Boxes of other things, those of its name first, that share little with its own; where there are none,
 * its own moved by its size.
 */
function wrongBoxes({ objects }: PhotoFacts, { region, name }: PhotoObject): BoxUnit[] {
  const { box } = region;
  const clear = (other: BoxUnit) => iou(other, box) < CLEARLY_WRONG;
  const others = [...objects]
    .sort((a, b) => Number(b.name === name) - Number(a.name === name))
    .map((other) => other.region.box);
  const found = others.filter(clear).slice(0, 4);
  if (found.length > 0) return found;
  const [width, height] = [box.x1 - box.x0, box.y1 - box.y0];
  return (
    [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const
  )
    .map(([dx, dy]) => ({
      x0: box.x0 + dx * width,
      x1: box.x1 + dx * width,
      y0: box.y0 + dy * height,
      y1: box.y1 + dy * height,
    }))
    .filter(({ x0, y0, x1, y1 }) => x0 >= 0 && y0 >= 0 && x1 <= 1 && y1 <= 1)
    .filter(clear);
}
