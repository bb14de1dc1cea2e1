import type { Reading } from './media-faults.js';

/** The fields of a message: those of OpenAI's API, and what servers give with an answer and want back. */
export const MESSAGE_READINGS = {
  role: 'text',
  content: 'text',
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
  reasoning_details: { text: 'text', summary: 'text' },
  thinking_blocks: { thinking: 'text' },
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
  user: 'text',
  metadata: 'text',
  safety_identifier: 'text',
  prompt_cache_key: 'text',
  prediction: { content: 'text' },
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
