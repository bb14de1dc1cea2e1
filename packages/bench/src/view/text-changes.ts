import { diffWordsWithSpace } from 'diff';
import type { TextChange } from './view-source.js';

/** A model may repeat itself for pages: beyond this many edits the whole text counts as another. */
const MOST_EDITS = 500;

/**
 * What became of a text, word by word.
 *
 * @returns pieces in order: those that are `same` or `removed` make up `before`, those that are `same`
 * or `added` make up `after`
 */
export function textChanges(before: string, after: string): TextChange[] {
  const pieces = diffWordsWithSpace(before, after, { maxEditLength: MOST_EDITS });
  if (pieces === undefined)
    return [
      { kind: 'removed', text: before },
      { kind: 'added', text: after },
    ];
  return pieces.map(({ added, removed, value }) => ({
    kind: added ? 'added' : removed ? 'removed' : 'same',
    text: value,
  }));
}
