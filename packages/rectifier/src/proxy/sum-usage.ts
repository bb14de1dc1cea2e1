import type { Completion } from './upstream.js';

/**
 * The tokens of all completions together, as OpenAI's API counts them: of one, what the upstream said; of several,
 * their sums without details. Undefined where one of them is not counted: the sum would be too small.
 */
export function sumUsage(completions: readonly Completion[]): Completion['usage'] {
  if (completions.length === 1) return completions[0]?.usage ?? undefined;
  const counted = completions.flatMap(({ usage }) => (usage ? [usage] : []));
  if (counted.length < completions.length || counted.length === 0) return undefined;
  const prompt = counted.reduce((sum, { prompt_tokens: tokens }) => sum + tokens, 0);
  const completion = counted.reduce((sum, { completion_tokens: tokens }) => sum + tokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
