import type { Attempt, Question, RegionSample, StopReason } from '@fgam/data';

/** A short word beside a row: what it is, or how it ended. */
export interface ViewBadge {
  readonly text: string;
  readonly tone?: 'good' | 'bad';
}

/** One line of the list. */
export interface ViewRow {
  readonly title: string;
  readonly note: string;
  readonly badges: readonly ViewBadge[];
  /** What the search looks through, in small letters. */
  readonly text: string;
  /** Values by which the row can be filtered, by the filter's name; each value once. */
  readonly facets: Readonly<Record<string, readonly string[]>>;
}

/** A piece of a response, held against the response before it. */
export interface TextChange {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** One round of a trajectory. */
export interface ViewRound extends Attempt {
  /** Whether the response is right; none where the truth is not known. */
  readonly right?: boolean;
  /** What became of the response before it; none for the first. */
  readonly changes?: readonly TextChange[];
}

/** A question with its answer, round by round. */
export interface ViewStory {
  readonly question?: string;
  /** The true answer. */
  readonly truth?: string;
  readonly rounds: readonly ViewRound[];
  /** None for a prediction, which is one answer. */
  readonly end?: { readonly final: string; readonly stop: StopReason; readonly right?: boolean };
}

/** Everything about one row but its image's bytes. */
export interface ViewDetail {
  readonly title: string;
  /** Names and values for the table of provenance. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly hasImage: boolean;
  readonly sample?: RegionSample;
  readonly questions?: readonly Question[];
  readonly story?: ViewStory;
}

/** How far the list is read. */
export interface ViewState {
  readonly done: boolean;
  /** Samples that will be there, where that is known. */
  readonly expected?: number;
  /** Why the reading ended early. */
  readonly fault?: string;
}

/** What the page shows: a list that may still grow, and the details of each row on demand. */
export interface ViewSource {
  /** Shown as the page's title. */
  readonly title: string;
  /** What a row is, such as `samples`. */
  readonly noun: string;
  /** In the order of the file; only ever added to. */
  readonly rows: readonly ViewRow[];
  /** Names of the filters, in order. */
  readonly filters: readonly string[];
  readonly state: () => ViewState;
  /** @throws FgamError where the row's record can't be read */
  readonly detail: (row: number) => Promise<ViewDetail>;
  /** Bytes of the row's image file; undefined where it has none. @throws FgamError where they can't be read */
  readonly image: (row: number) => Promise<Uint8Array | undefined>;
  /** Ends reading. */
  readonly close: () => void;
}
