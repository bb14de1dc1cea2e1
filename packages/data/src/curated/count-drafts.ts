import {
  type CuratedDraft,
  type DraftContext,
  evidenceOf,
  nameable,
  otherCounts,
  yesNo,
} from './curated-draft.js';
import { isSmall, type PhotoObject, uncountable } from './photo-facts.js';
import { pluralOf } from '../plural.js';
import { isOnSide, SIDE_PHRASES, SIDES } from './sides.js';

/** More than these are not told apart at a glance. */
const MOST = 9;
/** Counts that differ by less than this share of the larger are not compared. */
const DIFFERENCE = 0.2;

interface Group {
  readonly name: string;
  readonly objects: readonly PhotoObject[];
}

/**
 * `How many dogs are in the image?`, `How many dogs are to the left of the car?`,
 * `Are there more dogs than cars in the image?` Only where the annotation is exhaustive, and of names without
 * a crowd, without things too small to be seen and without boxes that may stand for one thing.
 */
export function countDrafts(context: DraftContext): CuratedDraft[] {
  if (!context.facts.isExhaustive) {
    context.reject('open-world');
    return [];
  }
  return countable(context).map(({ name, objects }) => {
    const count = objects.length;
    const [be, noun] = count === 1 ? ['is', name] : ['are', pluralOf(name)];
    return {
      kind: 'reasoning',
      question: `How many ${pluralOf(name)} are in the image?`,
      answer: String(count),
      truth: {
        type: 'count',
        fact: `there ${be} ${count} ${noun}`,
        wrong: otherCounts(count),
        steps: [`find every ${name}`, 'count them'],
        ...evidenceOf(objects),
        rule: 'annotated',
      },
    };
  });
}

/** `How many dogs are to the left of the car?`; only where each of them is clearly there or clearly not. */
export function relatedCountDrafts(context: DraftContext): CuratedDraft[] {
  const { facts, reject } = context;
  if (!facts.isExhaustive) {
    reject('open-world');
    return [];
  }
  const groups = countable(context);
  const references = nameable(context);
  return groups.flatMap(({ name, objects }) =>
    references
      .filter((reference) => reference.name !== name)
      .flatMap((reference) =>
        SIDES.flatMap((side): CuratedDraft[] => {
          const are = objects.map((object) => isOnSide(object, reference, side, facts.sample));
          if (are.includes(undefined)) {
            reject('margin');
            return [];
          }
          const found = objects.filter((_, i) => are[i] === true);
          const count = found.length;
          const [be, noun] = count === 1 ? ['is', name] : ['are', pluralOf(name)];
          const place = `${SIDE_PHRASES[side]} the ${reference.name}`;
          return [
            {
              kind: 'reasoning',
              question: `How many ${pluralOf(name)} are ${place}?`,
              answer: String(count),
              truth: {
                type: 'related-count',
                fact: `${count} ${noun} ${be} ${place}`,
                wrong: otherCounts(count),
                steps: [`find the ${reference.name}`, `find every ${name}`, `count those ${place}`],
                ...evidenceOf([reference, ...found]),
                rule: 'geometry',
              },
            },
          ];
        }),
      ),
  );
}

/** `Are there more dogs than cars in the image?`, asked both ways. */
export function compareCountsDrafts(context: DraftContext): CuratedDraft[] {
  const { facts, reject } = context;
  if (!facts.isExhaustive) {
    reject('open-world');
    return [];
  }
  const groups = countable(context);
  return groups.flatMap((a) =>
    groups.flatMap((b): CuratedDraft[] => {
      if (a === b) return [];
      const [countA, countB] = [a.objects.length, b.objects.length];
      const most = Math.max(countA, countB);
      if (Math.abs(countA - countB) < Math.max(1, DIFFERENCE * most)) {
        reject('margin');
        return [];
      }
      const { answer, wrong } = yesNo(countA > countB);
      const said = ({ name, objects }: Group) =>
        `${objects.length} ${objects.length === 1 ? name : pluralOf(name)}`;
      return [
        {
          kind: 'reasoning',
          question: `Are there more ${pluralOf(a.name)} than ${pluralOf(b.name)} in the image?`,
          answer,
          truth: {
            type: 'compare-counts',
            fact: `there ${countA === 1 ? 'is' : 'are'} ${said(a)} and ${said(b)}`,
            wrong,
            steps: [`count every ${a.name}`, `count every ${b.name}`, 'compare the two numbers'],
            ...evidenceOf([...a.objects, ...b.objects]),
            rule: 'annotated',
          },
        },
      ];
    }),
  );
}

/** Names whose every thing is seen and boxed. */
function countable({ facts, reject }: DraftContext): Group[] {
  return [...facts.byName].flatMap(([name, objects]): Group[] => {
    const reason =
      uncountable(facts, name, objects) ??
      (objects.length > MOST ? 'many' : objects.some(isSmall) ? 'small' : undefined);
    if (reason !== undefined) reject(reason);
    return reason === undefined ? [{ name, objects }] : [];
  });
}
