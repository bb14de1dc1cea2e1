import type { ExportedExamples } from './export-trajectories.js';

/** TRL's conversational forms (its guide "Dataset formats and types", with vision): JSON Lines; `images` are paths, to be cast to `Image`. */
export function trlFiles({ sft, preferences }: ExportedExamples, name: string): Record<string, string> {
  const user = (text: string) => [
    { role: 'user', content: [{ type: 'image' }, { type: 'text', text }] as const },
  ];
  const assistant = (text: string) => [{ role: 'assistant', content: [{ type: 'text', text }] as const }];
  const lines = (records: readonly object[]): string =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return {
    [`${name}_sft.jsonl`]: lines(
      sft.map(({ image, prompt, response }) => ({
        prompt: user(prompt),
        completion: assistant(response),
        images: [image],
      })),
    ),
    ...(preferences.length === 0
      ? {}
      : {
          [`${name}_preference.jsonl`]: lines(
            preferences.map(({ image, prompt, chosen, rejected }) => ({
              prompt: user(prompt),
              chosen: assistant(chosen),
              rejected: assistant(rejected),
              images: [image],
            })),
          ),
        }),
  };
}
