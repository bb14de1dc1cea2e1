import type { CuratedType } from '../records.js';
import type { CuratedDraft } from './curated-draft.js';

/**
 * Chooses questions image by image so that no answer of a type prevails: of the drafts of a type, one whose
 * answer was given least so far; of those, one whose words were answered so least often.
 */
export class DraftChooser {
  readonly #types = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  readonly #texts = new Map<string, number>();

  /**
   * Some of an image's drafts: the types in turn, those with the fewest questions so far first; nothing is asked twice.
   *
   * @param drafts - in random order
   */
  choose(drafts: readonly CuratedDraft[], count: number): CuratedDraft[] {
    const chosen: CuratedDraft[] = [];
    const here = new Map<CuratedType, number>();
    let left = [...drafts];
    while (chosen.length < count && left.length > 0) {
      const types = [...new Set(left.map(({ truth }) => truth.type))];
      const [type] = types.sort(
        (a, b) =>
          (here.get(a) ?? 0) - (here.get(b) ?? 0) ||
          this.#count(this.#types, a) - this.#count(this.#types, b),
      );
      const best = left
        .filter(({ truth }) => truth.type === type)
        .reduce((a, b) => (this.#prefers(b, a) ? b : a));
      chosen.push(best);
      this.#take(best);
      here.set(best.truth.type, (here.get(best.truth.type) ?? 0) + 1);
      left = left.filter((draft) => !isSame(draft, best));
    }
    return chosen;
  }

  #prefers(a: CuratedDraft, b: CuratedDraft): boolean {
    const byKey = this.#count(this.#keys, keyOf(a)) - this.#count(this.#keys, keyOf(b));
    if (byKey !== 0) return byKey < 0;
    return this.#surplus(a) < this.#surplus(b);
  }

  /** How much more often a text had this answer than others. */
  #surplus({ question, answer }: CuratedDraft): number {
    return 2 * this.#count(this.#texts, `${question}\0${answer}`) - this.#count(this.#texts, question);
  }

  #take(draft: CuratedDraft): void {
    const { question, answer, truth } = draft;
    const add = (counts: Map<string, number>, key: string) => counts.set(key, this.#count(counts, key) + 1);
    add(this.#types, truth.type);
    add(this.#keys, keyOf(draft));
    add(this.#texts, question);
    add(this.#texts, `${question}\0${answer}`);
  }

  #count(counts: ReadonlyMap<string, number>, key: string): number {
    return counts.get(key) ?? 0;
  }
}

/**
 * What is to be equally frequent within a type: answers; settings too; of two things that are named, the
 * first and the second; of boxes nothing.
 */
function keyOf({ kind, question, answer, setting, truth: { type } }: CuratedDraft): string {
  if (kind === 'grounding') return type;
  if (type === 'compare-sizes')
    return `${type} ${question.includes(`, the ${answer} or`) ? 'first' : 'second'}`;
  return `${type} ${answer} ${setting ?? ''}`;
}

/** Types whose questions about the same things are one question, whichever way round. */
const COMPARISONS: ReadonlySet<CuratedType> = new Set([
  'relation',
  'compare-counts',
  'compare-sizes',
  'chain',
]);

/** Whether two drafts ask the same: in the same words, for the same fact, or for how the same things compare. */
function isSame(a: CuratedDraft, b: CuratedDraft): boolean {
  if (a.question === b.question || a.truth.fact === b.truth.fact) return true;
  const things = ({ truth }: CuratedDraft) => [...truth.regions].sort().join('\0');
  return a.truth.type === b.truth.type && COMPARISONS.has(a.truth.type) && things(a) === things(b);
}
