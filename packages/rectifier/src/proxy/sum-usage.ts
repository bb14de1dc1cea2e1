import type { Completion } from './upstream.js';

/** The tokens of all completions together, as OpenAI's API counts them; undefined where the upstream counted none. */
export function sumUsage(completions: readonly Completion[]): Completion['usage'] {
  const counted = completions.flatMap(({ usage }) => (usage ? [usage] : []));
  if (counted.length === 0) return undefined;
  const prompt = counted.reduce((sum, { prompt_tokens: tokens }) => sum + tokens, 0);
  const completion = counted.reduce((sum, { completion_tokens: tokens }) => sum + tokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
