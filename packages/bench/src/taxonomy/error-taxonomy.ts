import { type BootstrapOptions, sumsInterval } from '../bootstrap.js';
import { benchError } from '../error.js';
import type { ErrorTaxonomy } from '../report/paper/paper-schema.js';
import { ERROR_TYPES, type ErrorClaims } from './error-claims.js';

/** A system and the claims that were found in its answers. */
export interface SystemErrors {
  readonly name: string;
  readonly claims: readonly ErrorClaims[];
}

/** What {@link errorTaxonomy} compares. */
export interface ErrorTaxonomyOptions extends BootstrapOptions {
  /** What the truth was, in a word: `scenes`, `AMBER`. */
  readonly source: string;
  readonly base: SystemErrors;
  readonly full: SystemErrors;
}

/** Sums of one type: the base's false claims and claims, and the other system's. */
type Sums = readonly [number, number, number, number];

/**
 * The paper's Table 3: how often each type of error is made by two systems on the same images, and
 * by how much it is reduced.
 *
 * `rate = errors / claims` over the sums of all images, `reduction = 1 - rate(full) / rate(base)`: 1 is
 * all of them gone, below 0 more than before. Its 95 % interval is by a bootstrap over images, both
 * systems' claims of an image drawn together; draws without an error of the base are left out, as nothing
 * can be reduced there. Where claims of a type come from captions and from questions, each has a row of
 * its own beside the row of both.
 *
 * Source: the paper, section 4.6.
 *
 * @throws FgamError `bench/bad-input` where the systems were not asked about the same images
 * @example
 * ```ts
 * import { errorTaxonomy } from '@fgam/bench';
 *
 * const system = (name: string, errors: number) => ({
 *   name,
 *   claims: ['a', 'b'].map((image) => ({ type: 'object' as const, part: 'captions', image, claims: 5, errors })),
 * });
 * const { types } = errorTaxonomy({ source: 'by hand', base: system('base', 2), full: system('full', 1) });
 * if (types[0]?.reduction !== 0.5 || types[0].full.rate !== 0.2) throw new Error('half of the errors are gone');
 * ```
 */
export function errorTaxonomy({ source, base, full, ...options }: ErrorTaxonomyOptions): ErrorTaxonomy {
  const images = [...imagesOf(base)];
  const others = imagesOf(full);
  if (others.size !== images.length || images.some((image) => !others.has(image)))
    throw benchError(
      'bench/bad-input',
      `errorTaxonomy: expected both systems' answers about the same images, got ${images.length} of ${base.name} and ${others.size} of ${full.name}; give answers to the same questions`,
    );
  const places = new Map(images.map((image, place) => [image, place]));
  const typeOf = (type: (typeof ERROR_TYPES)[number], part?: string): ErrorTaxonomy['types'] => {
    const isOf = (each: ErrorClaims): boolean =>
      each.type === type && (part === undefined || each.part === part);
    const columns = [base, full].flatMap(({ claims }) => columnsOf(claims.filter(isOf), places));
    const [wrong = 0, claimed = 0, wrongAfter = 0, claimedAfter = 0] = columns.map((column) =>
      column.reduce((total, value) => total + value, 0),
    );
    if (claimed + claimedAfter === 0) return [];
    const reduction = reductionOf([wrong, claimed, wrongAfter, claimedAfter]);
    const interval = sumsInterval(
      columns,
      images,
      ([a = 0, b = 0, c = 0, d = 0]) => reductionOf([a, b, c, d]),
      options,
    );
    const isKnown = Number.isFinite(reduction);
    return [
      {
        ...{ type, ...(part === undefined ? {} : { part }) },
        base: rateOf(wrong, claimed),
        full: rateOf(wrongAfter, claimedAfter),
        reduction: isKnown ? reduction : null,
        interval: isKnown && interval.every(Number.isFinite) ? interval : null,
      },
    ];
  };
  return {
    ...{ source, base: base.name, full: full.name, images: images.length },
    types: ERROR_TYPES.flatMap((type) => {
      const own = [...base.claims, ...full.claims].filter((each) => each.type === type);
      const parts = [...new Set(own.map(({ part }) => part))];
      return [...typeOf(type), ...(parts.length > 1 ? parts.flatMap((part) => typeOf(type, part)) : [])];
    }),
  };
}

function imagesOf({ claims }: SystemErrors): Set<string> {
  return new Set(claims.map(({ image }) => image));
}

/** False claims and claims, one a place. */
function columnsOf(claims: readonly ErrorClaims[], places: ReadonlyMap<string, number>): number[][] {
  const [errors, all] = [0, 1].map(() => Array.from({ length: places.size }, () => 0));
  if (errors === undefined || all === undefined) return [];
  for (const each of claims) {
    const place = places.get(each.image) ?? 0;
    errors[place] = (errors[place] ?? 0) + each.errors;
    all[place] = (all[place] ?? 0) + each.claims;
  }
  return [errors, all];
}

function rateOf(errors: number, claims: number): ErrorTaxonomy['types'][number]['base'] {
  return { errors, claims, rate: claims === 0 ? null : errors / claims };
}

/** NaN where the base makes no such error, or one of the systems no such claim. */
function reductionOf([wrong, claimed, wrongAfter, claimedAfter]: Sums): number {
  if (wrong === 0 || claimed === 0 || claimedAfter === 0) return Number.NaN;
  return 1 - wrongAfter / claimedAfter / (wrong / claimed);
}
