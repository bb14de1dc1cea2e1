/** Follows a draft that an answer leaves and comes back to. */
export interface DraftFollower {
  /**
   * What of the draft probably comes next; nothing where the answer has lost it.
   *
   * @param said - tokens of the answer so far
   * @param most - tokens that are wanted at most
   */
  propose(said: readonly number[], most: number): readonly number[];
  /** Says how many of the tokens proposed last were chosen. */
  taken(count: number): void;
}

/** Tokens that agree before a place of the draft: more say nothing more. */
const LONGEST = 4;
/** A single token that agrees says something only this near to where the draft was left. */
const NEAR = 4;

/**
 * Begins where an answer goes along with the draft. Where it has said something else, the draft is taken
 * up again behind the place whose last tokens are those said last; at first, and where none agrees, one
 * token is held to stand for one of the draft's. Each proposal of which fewer than `worth` tokens are
 * chosen asks for a token more that agrees, until the draft is given up: an answer that is another one
 * altogether costs a few proposals.
 *
 * @param worth - tokens that a proposal must save, 1 or more: shorter ones are not made
 */
export function createDraftFollower(draft: readonly number[], worth: number): DraftFollower {
  /** The draft's place less the answer's, where the two last went together. */
  let offset = 0;
  let proposed = 0;
  let least = 0;
  return {
    propose(said, most) {
      if (most < worth || least > LONGEST) return [];
      const expected = said.length + offset;
      let found: { readonly place: number; readonly agreed: number; readonly away: number } | undefined;
      for (let place = 0; place <= draft.length - worth; place++) {
        const away = Math.abs(place - expected);
        const agreed = agreedBefore(draft, place, said);
        if (agreed < Math.max(least, away === 0 ? 0 : away > NEAR ? 2 : 1)) continue;
        if (found === undefined || agreed > found.agreed || (agreed === found.agreed && away < found.away))
          found = { place, agreed, away };
      }
      if (found === undefined) return [];
      proposed = found.place - said.length;
      return draft.slice(found.place, found.place + most);
    },
    taken(count) {
      least = count < worth ? least + 1 : 0;
      if (count > 0) offset = proposed;
    },
  };
}

/** How many tokens before a place of the draft are those said last. */
function agreedBefore(draft: readonly number[], place: number, said: readonly number[]): number {
  let count = 0;
  while (count < LONGEST && count < place && count < said.length) {
    if (draft[place - 1 - count] !== said[said.length - 1 - count]) break;
    count += 1;
  }
  return count;
}
