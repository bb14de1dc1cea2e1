import { boxArea, boxCentre } from '../box.js';
import type { CuratedRejection } from './curated-draft.js';
import type { PhotoObject } from './photo-facts.js';

/** A thing by its place among those of its name. */
export interface Rank {
  readonly object: PhotoObject;
  /** `largest dog`, `second dog from the left`. */
  readonly words: string;
}

/** The next one differs by at least this share of the larger area. */
const SIZE_MARGIN = 0.2;
/** Neighbours in a row are this share of the image's width apart, from centre to centre. */
const GAP = 0.05;
/** A row longer than this is not counted through. */
const LONGEST_ROW = 6;
const ORDINALS = ['first', 'second', 'third'];

/** Things that stand out among those of their name: by size, and by their place from the left and right. */
export function ranksOf(
  group: readonly PhotoObject[],
  { name, reject }: { readonly name: string; readonly reject: (reason: CuratedRejection) => void },
): Rank[] {
  const area = ({ region }: PhotoObject) => boxArea(region.box);
  const sizes = [...group].sort((a, b) => area(b) - area(a));
  const isClear = (larger: PhotoObject | undefined, smaller: PhotoObject | undefined) =>
    larger !== undefined && smaller !== undefined && area(smaller) <= (1 - SIZE_MARGIN) * area(larger);
  const ranks: Rank[] = [];
  const add = (object: PhotoObject | undefined, isSure: boolean, words: string) => {
    if (!isSure) reject('margin');
    else if (object) ranks.push({ object, words });
  };
  add(sizes[0], isClear(sizes[0], sizes[1]), `largest ${name}`);
  add(sizes.at(-1), isClear(sizes.at(-2), sizes.at(-1)), `smallest ${name}`);

  const x = ({ region }: PhotoObject) => boxCentre(region.box).x;
  const fromLeft = [...group].sort((a, b) => x(a) - x(b));
  for (const [row, side] of [
    [fromLeft, 'left'],
    [[...fromLeft].reverse(), 'right'],
  ] as const) {
    const isApart = (i: number) => {
      const [one, next] = [row[i], row[i + 1]];
      return one === undefined || next === undefined || Math.abs(x(one) - x(next)) >= GAP;
    };
    add(row[0], isApart(0), `${side}most ${name}`);
    if (row.length < 3) continue;
    if (row.length > LONGEST_ROW) {
      reject('many');
      continue;
    }
    // The middle one of three is the second from either side: once is enough.
    const last = side === 'left' ? Math.min(3, row.length - 1) : Math.min(2, row.length - 2);
    for (let i = 1; i < last; i++)
      add(
        row[i],
        [...row.keys()].every((k) => k > i || isApart(k)),
        `${ORDINALS[i] ?? ''} ${name} from the ${side}`,
      );
  }
  return ranks;
}
