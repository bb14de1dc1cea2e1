import { type Conversation, formatLlavaLocations } from '@fgam/data';

/** A conversation about one image, whose answers are to be taught. */
export type ExportedConversation = Pick<Conversation, 'id' | 'image' | 'turns'>;

/** A question about an image, a response that is preferred, and one that is not. */
export interface PreferenceExample {
  readonly id: string;
  readonly image: string;
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** What an engine is to train on. */
export interface ExportedExamples {
  /** Answers and revisions. */
  readonly sft: readonly ExportedConversation[];
  /** Feedback on responses; none where it was not asked for. */
  readonly rm: readonly ExportedConversation[];
  readonly preferences: readonly PreferenceExample[];
}

/** The sets of conversations that are not empty, with what their files are called by; `sft` always. */
export function conversationSets({
  sft,
  rm,
}: ExportedExamples): (readonly ['sft' | 'rm', readonly ExportedConversation[]])[] {
  return [['sft', sft] as const, ...(rm.length > 0 ? [['rm', rm] as const] : [])];
}

/** Examples with our location words, which other engines' tokenizers do not have, as LLaVA's boxes. */
export function withoutLocationWords({ sft, rm, preferences }: ExportedExamples): ExportedExamples {
  const inNumbers = (conversations: readonly ExportedConversation[]) =>
    conversations.map(({ turns, ...of }) => ({
      ...of,
      turns: turns.map(({ question, answer }) => ({
        question: formatLlavaLocations(question),
        answer: formatLlavaLocations(answer),
      })),
    }));
  return {
    sft: inNumbers(sft),
    rm: inNumbers(rm),
    preferences: preferences.map(({ prompt, chosen, rejected, ...of }) => ({
      ...of,
      prompt: formatLlavaLocations(prompt),
      chosen: formatLlavaLocations(chosen),
      rejected: formatLlavaLocations(rejected),
    })),
  };
}
