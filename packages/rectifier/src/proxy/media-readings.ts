import type { Reading } from './media-faults.js';

/** The fields of a message: those of OpenAI's API, and what servers give with an answer and want back. */
export const MESSAGE_READINGS = {
  role: 'text',
  content: 'text',
  /** A client's own, which some send along. */
  id: {},
  name: 'text',
  refusal: 'text',
  tool_call_id: 'text',
  tool_calls: { function: { arguments: 'text' }, custom: { input: 'text' } },
  function_call: { arguments: 'text' },
  /** What was spoken before. */
  audio: { transcript: 'text' },
  annotations: { url_citation: { url: 'text', title: 'text', content: 'text' } },
  reasoning: 'text',
  reasoning_content: 'text',
  /** Beside words bytes in base64, which may begin as an address does. */
  reasoning_details: { text: 'text', summary: 'text', signature: 'text', data: 'text' },
  thinking_blocks: { thinking: 'text', signature: 'text', data: 'text' },
  /** LiteLLM's. */
  provider_specific_fields: {},
  cache_control: {},
} as const satisfies Record<string, Reading>;

/** Parameters whose addresses are text, parts of a grammar or names of a schema; all others are looked through. */
export const BODY_READINGS = {
  /** By their own fields. */
  messages: 'text',
  /** Never handed on. */
  fgam: 'text',
  model: 'text',
  stop: 'text',
  suffix: 'text',
  bad_words: 'text',
  banned_strings: 'text',
  dry_sequence_breakers: 'text',
  logit_bias: 'text',
  user: 'text',
  metadata: 'text',
  safety_identifier: 'text',
  prompt_cache_key: 'text',
  cache_salt: 'text',
  prediction: { content: 'text' },
  documents: { text: 'text', title: 'text' },
  /** How an answer is to sound. */
  audio: {},
  tools: { function: 'schema', custom: 'text' },
  functions: 'schema',
  response_format: 'schema',
  json_schema: 'schema',
  structured_outputs: 'schema',
  structural_tag: 'schema',
  guided_json: 'schema',
  guided_choice: 'text',
  guided_regex: 'text',
  guided_grammar: 'text',
  grammar: 'text',
  regex: 'text',
  ebnf: 'text',
  chat_template: 'text',
} as const satisfies Record<string, Reading>;
