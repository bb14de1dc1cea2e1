import { conversationSets, type ExportedExamples } from './exported-examples.js';

/**
 * LLaVA's finetuning data (its `LazySupervisedDataset`): a JSON list; the image's path is
 * relative to `--image_folder`.
 */
export function llavaFiles(examples: ExportedExamples, name: string): Record<string, string> {
  return Object.fromEntries(
    conversationSets(examples).map(([set, conversations]) => {
      const records = conversations.map(({ id, image, turns }) => ({
        id,
        image,
        conversations: turns.flatMap(({ question, answer }, turn) => [
          { from: 'human', value: turn === 0 ? `<image>\n${question}` : question },
          { from: 'gpt', value: answer },
        ]),
      }));
      const file = set === 'sft' ? `${name}.json` : `${name}_${set}.json`;
      return [file, `${JSON.stringify(records, undefined, 1)}\n`];
    }),
  );
}
