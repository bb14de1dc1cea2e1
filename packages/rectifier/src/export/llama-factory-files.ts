import type { ExportedExamples } from './export-trajectories.js';

/** LLaMA-Factory's ShareGPT form (its `data/README.md`): one `<image>` in the text for each path in `images`. */
export function llamaFactoryFiles(
  { sft, preferences }: ExportedExamples,
  name: string,
): Record<string, string> {
  const human = (prompt: string) => ({ from: 'human', value: `<image>${prompt}` });
  const gpt = (value: string) => ({ from: 'gpt', value });
  const [sftFile, preferenceFile] = [`${name}_sft.json`, `${name}_preference.json`];
  const columns = { messages: 'conversations', images: 'images' };
  const hasPreferences = preferences.length > 0;
  const info = {
    [`${name}_sft`]: { file_name: sftFile, formatting: 'sharegpt', columns },
    ...(hasPreferences
      ? {
          [`${name}_preference`]: {
            file_name: preferenceFile,
            formatting: 'sharegpt',
            ranking: true,
            columns: { ...columns, chosen: 'chosen', rejected: 'rejected' },
          },
        }
      : {}),
  };
  const text = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`;
  return {
    [sftFile]: text(
      sft.map(({ image, prompt, response }) => ({
        conversations: [human(prompt), gpt(response)],
        images: [image],
      })),
    ),
    ...(hasPreferences
      ? {
          [preferenceFile]: text(
            preferences.map(({ image, prompt, chosen, rejected }) => ({
              conversations: [human(prompt)],
              chosen: gpt(chosen),
              rejected: gpt(rejected),
              images: [image],
            })),
          ),
        }
      : {}),
    'dataset_info.json': text(info),
  };
}
