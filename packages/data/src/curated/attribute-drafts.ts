import {
  type CuratedDraft,
  type DraftContext,
  type CuratedRejection,
  evidenceOf,
  nameable,
} from './curated-draft.js';
import { contraryValues, PHOTO_ATTRIBUTES, type PhotoAttribute } from './photo-attributes.js';
import type { PhotoFacts, PhotoObject } from './photo-facts.js';

const ATTRIBUTES = Object.keys(PHOTO_ATTRIBUTES) as readonly PhotoAttribute[];

/** `What colour is the car?` Only where one value is said of it. */
export function attributeDrafts(context: DraftContext): CuratedDraft[] {
  return nameable(context).flatMap((object) =>
    askAttributes(context.facts, object, {
      type: 'attribute',
      named: `the ${object.name}`,
      steps: [`find the ${object.name}`],
      others: [],
      reject: context.reject,
    }),
  );
}

/** What a question about a thing's attributes says of the thing. */
export interface AttributeQuestion {
  readonly type: 'attribute' | 'related-attribute';
  /** The thing in words: `the car to the left of the dog`. */
  readonly named: string;
  /** How it is found. */
  readonly steps: readonly string[];
  /** What else the answer follows from. */
  readonly others: readonly PhotoObject[];
  readonly reject: (reason: CuratedRejection) => void;
}

/**
 * A question for each attribute of a thing that has one value. Wrong are values that neither its annotation
 * nor any text of the image has for a thing of its name, nor values like them (gray and silver).
 */
export function askAttributes(
  { said, objects }: PhotoFacts,
  object: PhotoObject,
  { type, named, steps, others, reject }: AttributeQuestion,
): CuratedDraft[] {
  return ATTRIBUTES.flatMap((attribute): CuratedDraft[] => {
    const values = object.attributes.get(attribute) ?? [];
    const [value] = values;
    if (value === undefined) return [];
    if (values.length > 1) {
      reject('several-values');
      return [];
    }
    const ofTheName = objects
      .filter(({ name }) => type === 'attribute' && name === object.name)
      .flatMap(({ attributes }) => attributes.get(attribute) ?? []);
    const wrong = contraryValues(attribute, [value, ...ofTheName]).filter(
      (other) => !said.includes(` ${other} ${object.name} `),
    );
    if (wrong.length === 0) {
      reject('no-wrong-answer');
      return [];
    }
    return [
      {
        kind: 'attribute',
        question: `What ${attribute} is ${named}?`,
        answer: value,
        truth: {
          type,
          fact: `${named} is ${value}`,
          wrong,
          steps: [...steps, `look at its ${attribute}`],
          ...evidenceOf([object, ...others]),
          rule: others.length > 0 ? 'annotated and geometry' : 'annotated',
        },
      },
    ];
  });
}
