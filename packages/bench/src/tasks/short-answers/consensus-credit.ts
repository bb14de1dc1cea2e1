/**
 * How far a prediction agrees with people's answers, 0..1: the mean over the subsets that leave one answer
 * out of `min(1, matches / 3)` (Antol et al. 2015; the official VQA script).
 *
 * Added up one by one as the script does: 9/3 in thirds is no 3 in binary, and a score that lies between
 * two rounded ones shows it.
 *
 * @param read - what is done to each answer before it is compared
 */
export function consensusCredit(
  answers: readonly string[],
  prediction: string,
  read: (answer: string) => string = (answer) => answer,
): number {
  let matches = 0;
  for (const answer of answers) if (read(answer) === prediction) matches++;
  if (matches === 0) return 0;
  // Whole ones add up without an error, in any order.
  if (matches > 3) return 1;
  const others = Math.min(1, matches / 3);
  const withoutOne = Math.min(1, (matches - 1) / 3);
  let sum = 0;
  for (const answer of answers) sum += read(answer) === prediction ? withoutOne : others;
  return sum / answers.length;
}
