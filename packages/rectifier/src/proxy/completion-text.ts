import type { Completion } from './upstream.js';

/** What the first choice says; empty where it says nothing. Parts of text are pieces of one, as Mistral's are. */
export function textOf({ choices: [choice] }: Completion): string {
  const content = choice?.message.content ?? '';
  return typeof content === 'string' ? content : textsOf(content, 'text');
}

/** What the first choice declines in; empty where it does not. */
export function refusalOf({ choices: [choice] }: Completion): string {
  const { refusal, content } = choice?.message ?? {};
  if (typeof refusal === 'string' && refusal !== '') return refusal;
  return Array.isArray(content) ? textsOf(content, 'refusal') : '';
}

function textsOf(parts: readonly { readonly [field: string]: unknown }[], type: string): string {
  return parts
    .flatMap((part) => (part['type'] === type && typeof part[type] === 'string' ? part[type] : []))
    .join('');
}
