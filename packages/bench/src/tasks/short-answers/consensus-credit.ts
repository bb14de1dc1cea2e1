/**
 * How far a prediction agrees with people's answers, 0..1: the mean over the subsets that leave one answer out of `min(1, matches / 3)`
 * (Antol et al. 2015; the official VQA script).
 *
 * With k of n answers equal to the prediction that is `((n - k) min(3, k) + k min(3, k - 1)) / 3n`, computed with one division.
 */
export function consensusCredit(answers: readonly string[], prediction: string): number {
  let matches = 0;
  for (const answer of answers) if (answer === prediction) matches++;
  if (matches === 0) return 0;
  const n = answers.length;
  return ((n - matches) * Math.min(3, matches) + matches * Math.min(3, matches - 1)) / (3 * n);
}
