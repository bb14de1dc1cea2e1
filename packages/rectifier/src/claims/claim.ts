import type { BoxUnit, IssueKind, Relation } from '@fgam/data';
import type { NounPhrase } from './noun-phrase.js';

/** One statement of a response that an image can bear out or not. */
export type Claim =
  | {
      readonly about: 'existence';
      readonly text: string;
      readonly subject: NounPhrase;
      readonly holds: boolean;
    }
  | {
      readonly about: 'relation';
      readonly text: string;
      readonly subject: NounPhrase;
      readonly relation: Relation;
      readonly object: NounPhrase;
      readonly holds: boolean;
    }
  | {
      readonly about: 'attribute';
      readonly text: string;
      readonly subject: NounPhrase;
      readonly attribute: string;
      readonly value: string;
    }
  | { readonly about: 'box'; readonly text: string; readonly subject: NounPhrase; readonly box: BoxUnit }
  | {
      readonly about: 'count';
      readonly text: string;
      readonly relation: Relation;
      readonly reference: NounPhrase;
      readonly count: number;
    }
  | {
      readonly about: 'nearest';
      readonly text: string;
      readonly reference: NounPhrase;
      readonly attribute: string;
      readonly value: string;
    }
  | {
      readonly about: 'place';
      readonly text: string;
      readonly subject: NounPhrase;
      readonly location: string;
    }
  | { readonly about: 'empty'; readonly text: string; readonly location: string }
  | {
      /** A caption's clause: an object with its attributes and, in words, its place. */
      readonly about: 'object';
      readonly text: string;
      readonly subject: NounPhrase;
      readonly location?: string;
    };

/** The claims of one kind. */
export type ClaimAbout<About extends Claim['about']> = Extract<Claim, { readonly about: About }>;

/** The kind of the issue that a false claim is. */
export const ISSUE_KIND_OF = {
  existence: 'object',
  relation: 'relation',
  attribute: 'attribute',
  box: 'object',
  count: 'count',
  nearest: 'reasoning',
  place: 'relation',
  empty: 'object',
  object: 'object',
} as const satisfies Record<Claim['about'], IssueKind>;
