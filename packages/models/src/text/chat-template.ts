import { Template } from '@huggingface/jinja';
import { modelsError } from '../error.js';

/** A part of a message. */
export type ChatContent = { readonly type: 'image' } | { readonly type: 'text'; readonly text: string };

/** A message of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: readonly ChatContent[];
}

/** A checkpoint's chat template. */
export interface ChatTemplate {
  /** The prompt of a conversation, at whose end the assistant is to speak. */
  render(messages: readonly ChatMessage[]): string;
}

/**
 * A chat template in Jinja, as checkpoints have it.
 *
 * @param roles - special tokens that it may print, by the names of `tokenizer_config.json` (`bos_token`, ...)
 * @throws FgamError `models/bad-tokenizer` where it is none; `render` throws it where the template refuses the messages
 */
export function openChatTemplate(text: string, roles: Readonly<Record<string, string>>): ChatTemplate {
  const fail = (cause: unknown): never => {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw modelsError(
      'models/bad-tokenizer',
      `chat template: expected Jinja that renders the messages: ${said}`,
      { cause },
    );
  };
  let template: Template;
  try {
    template = new Template(text);
  } catch (cause) {
    return fail(cause);
  }
  return {
    render(messages) {
      try {
        return template.render({ ...roles, messages, add_generation_prompt: true });
      } catch (cause) {
        return fail(cause);
      }
    },
  };
}
