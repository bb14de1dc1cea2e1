import type { ExportedExamples } from './export-trajectories.js';

/** LLaVA's finetuning data (its `LazySupervisedDataset`): a JSON list; the image's path is relative to `--image_folder`. */
export function llavaFiles({ sft }: ExportedExamples, name: string): Record<string, string> {
  const records = sft.map(({ id, image, prompt, response }) => ({
    id,
    image,
    conversations: [
      { from: 'human', value: `<image>\n${prompt}` },
      { from: 'gpt', value: response },
    ],
  }));
  return { [`${name}.json`]: `${JSON.stringify(records, undefined, 1)}\n` };
}
