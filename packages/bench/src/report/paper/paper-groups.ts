/** What results share that are held against each other. */
export interface GroupTerms {
  readonly family: string;
  readonly critic?: string | undefined;
  readonly scale?: string | undefined;
  /** Whether the critic sees the truth. */
  readonly isBound?: boolean;
}

/** Results of one family, by one critic and of one scale where they have these. */
export interface Group<Member> {
  readonly terms: GroupTerms;
  readonly members: readonly Member[];
}

/** Results in groups of those that may be held against each other, in the order of their first ones. */
export function groupsOf<Member extends GroupTerms>(results: readonly Member[]): Group<Member>[] {
  const keyOf = ({ family, critic, scale }: GroupTerms): string => JSON.stringify([family, critic, scale]);
  const firsts = results.filter(
    (result, place) => results.findIndex((other) => keyOf(other) === keyOf(result)) === place,
  );
  return firsts.map((first) => {
    const { family, critic, scale, isBound = false } = first;
    return {
      terms: { family, critic, scale, isBound },
      members: results.filter((each) => keyOf(each) === keyOf(first)),
    };
  });
}

/** What a group is of: `compact LLaVA, critic: module; 3 seeds, scale tables`. */
export function captionOf({
  family,
  critic,
  scale,
  isBound = false,
  seeds,
}: GroupTerms & { readonly seeds?: number }): string {
  const by = critic === undefined ? '' : `, critic: ${critic}${isBound ? ' (sees the truth: a bound)' : ''}`;
  const terms = [
    ...(seeds === undefined ? [] : [`${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`]),
    ...(scale === undefined ? [] : [`scale ${scale}`]),
  ];
  return [`${family}${by}`, ...(terms.length === 0 ? [] : [terms.join(', ')])].join('; ');
}
