const RATINGS = [0, 1, 2, 3, 4, 5, 6];

/**
 * The rating of a judge's reply: the one digit `s` of 0..6 for which `rating: s` stands in it, upper or lower case.
 *
 * @returns undefined for none or several: the official script counts these as 0
 */
export function parseMmhalRating(reply: string): number | undefined {
  const lower = reply.toLowerCase();
  const [only, ...others] = RATINGS.filter((rating) => lower.includes(`rating: ${rating}`));
  return others.length === 0 ? only : undefined;
}
