/**
 * The choice that an answer names by LLaVA's rule for ScienceQA, from 0: `B`; `B. ...`; or one
 * `The answer is B` with a character after it. Letters are A to E.
 *
 * @returns undefined where it names none, or one that the question does not have
 */
export function choiceOf(answer: string, choices: number): number | undefined {
  const letter = letterOf(answer);
  const index = letter === undefined ? -1 : 'ABCDE'.indexOf(letter);
  return index >= 0 && index < choices ? index : undefined;
}

function letterOf(answer: string): string | undefined {
  if (/^[A-E]$/.test(answer) || /^[A-E]\. /.test(answer)) return answer[0];
  const said = [...answer.matchAll(/The answer is ([A-Z])[^\n]/gu)];
  return said.length === 1 ? said[0]?.[1] : undefined;
}
