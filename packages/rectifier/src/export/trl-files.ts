import { conversationSets, type ExportedConversation, type ExportedExamples } from './exported-examples.js';

/**
 * TRL's conversational forms (its guide "Dataset formats and types", with vision): JSON Lines; `images` are
 * paths, to be cast to `Image`. Conversations of one turn are prompts and completions; a set that has longer
 * ones is of `messages`, as all rows of a set have the same columns.
 */
export function trlFiles(examples: ExportedExamples, name: string): Record<string, string> {
  const lines = (records: readonly object[]): string =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const preferences = examples.preferences.map(({ image, prompt, chosen, rejected }) => ({
    prompt: [user(prompt, true)],
    chosen: [assistant(chosen)],
    rejected: [assistant(rejected)],
    images: [image],
  }));
  return {
    ...Object.fromEntries(
      conversationSets(examples).map(([set, conversations]) => [
        `${name}_${set}.jsonl`,
        lines(recordsOf(conversations)),
      ]),
    ),
    ...(preferences.length === 0 ? {} : { [`${name}_preference.jsonl`]: lines(preferences) }),
  };
}

function user(text: string, isFirst: boolean) {
  const said = { type: 'text', text } as const;
  return { role: 'user', content: isFirst ? [{ type: 'image' } as const, said] : [said] };
}

function assistant(text: string) {
  return { role: 'assistant', content: [{ type: 'text', text }] };
}

function recordsOf(conversations: readonly ExportedConversation[]): object[] {
  const isLong = conversations.some(({ turns }) => turns.length > 1);
  return conversations.flatMap(({ image, turns }): object[] => {
    const said = turns.map(({ question, answer }, turn) => ({
      prompt: [user(question, turn === 0)],
      completion: [assistant(answer)],
    }));
    return isLong
      ? [{ messages: said.flatMap(({ prompt, completion }) => [...prompt, ...completion]), images: [image] }]
      : said.map((one) => ({ ...one, images: [image] }));
  });
}
