import { conversationSets, type ExportedExamples } from './exported-examples.js';

/** LLaMA-Factory's ShareGPT form (its `data/README.md`): one `<image>` in the text for each path in `images`. */
export function llamaFactoryFiles(examples: ExportedExamples, name: string): Record<string, string> {
  const human = (value: string) => ({ from: 'human', value });
  const gpt = (value: string) => ({ from: 'gpt', value });
  const columns = { messages: 'conversations', images: 'images' };
  const sets = conversationSets(examples).map(([set, conversations]) => ({
    key: `${name}_${set}`,
    info: { formatting: 'sharegpt', columns },
    records: conversations.map(({ image, turns }): object => ({
      conversations: turns.flatMap(({ question, answer }, turn) => [
        human(turn === 0 ? `<image>${question}` : question),
        gpt(answer),
      ]),
      images: [image],
    })),
  }));
  const preference = {
    key: `${name}_preference`,
    info: {
      formatting: 'sharegpt',
      ranking: true,
      columns: { ...columns, chosen: 'chosen', rejected: 'rejected' },
    },
    records: examples.preferences.map(({ image, prompt, chosen, rejected }) => ({
      conversations: [human(`<image>${prompt}`)],
      chosen: gpt(chosen),
      rejected: gpt(rejected),
      images: [image],
    })),
  };
  const all = [...sets, ...(preference.records.length > 0 ? [preference] : [])];
  const text = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`;
  return {
    ...Object.fromEntries(all.map(({ key, records }) => [`${key}.json`, text(records)])),
    'dataset_info.json': text(
      Object.fromEntries(all.map(({ key, info }) => [key, { file_name: `${key}.json`, ...info }])),
    ),
  };
}
