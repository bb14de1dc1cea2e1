import type { Critic, CritiqueRequest, Feedback, Issue } from '@fgam/data';
import type { ChatCompletionMessageParam } from 'openai/resources';
import { type ChatReply, createChatEndpoint, type EndpointUsage } from '../../endpoint/chat-endpoint.js';
import { EndpointError } from '../../endpoint/endpoint-error.js';
import { type EndpointOptions, endpointSettings } from '../../endpoint/endpoint-options.js';
import { rectifierError } from '../../error.js';
import { reviseFeedback } from '../../feedback/format-feedback.js';
import { escapeSlot } from '../../prompts/escape-slot.js';
import { fillSlots } from '../../prompts/fill-slots.js';
import { LLM_CRITIC_PROMPT } from '../../prompts/llm-critic-prompt.js';
import { critiqueMessages } from './critique-messages.js';
import { type Critique, CRITIQUE_FORMAT } from './critique-schema.js';
import { parseCritique } from './parse-critique.js';

/** Options of {@link createLlmCritic}. */
export interface LlmCriticOptions extends EndpointOptions {
  /** Default: the model's name. */
  readonly name?: string;
  /** Tokens of a reply at most. Default 1,024. */
  readonly maxTokens?: number;
  /** Default 0. */
  readonly temperature?: number;
  readonly seed?: number;
  /**
   * Whether the server is asked to keep replies to the schema (`response_format`). Default true; a server
   * that refuses the field (400 or 422) is asked without it from then on.
   */
  readonly structured?: boolean;
  /**
   * Whether it is told the conversation that a question ends, with all images. Default true; false for models
   * or servers that take one image, and for prompts that stay short.
   */
  readonly readsContext?: boolean;
  /**
   * Characters of earlier turns that it is told at most: the latest, and of the one that does not fit its
   * beginning, marked as cut. The system's turns are told whole beside them. Default 20,000.
   */
  readonly contextCharacters?: number;
}

/** A `Critic` over HTTP. */
export interface LlmCritic extends Critic {
  /** Over all calls so far. */
  usage(): EndpointUsage;
  /** Ends what is under way; later calls are refused with `rectifier/closed`. */
  dispose(): Promise<void>;
}

/** Characters of a refused reply that its model is shown again. */
const MOST_SHOWN = 2000;

/**
 * A critic by any image-text model behind an OpenAI-compatible endpoint: it sees image, question and
 * response, of a conversation the earlier turns and images too, and replies in JSON that is checked against a
 * schema. A reply that does not keep to it is refused once, with what was wrong; then the call fails.
 *
 * Issues have boxes and the model's confidence as evidence. All texts are data in one line of JSON, their
 * special tokens broken (`LLM_CRITIC_PROMPT`, `LLM_CONVERSATION_PROMPT`). The confidence is the model's own
 * word: calibrate it (`calibrateThreshold`, `calibrateEnsemble`).
 *
 * @throws FgamError `rectifier/bad-config` with all faults of the options; at the call:
 * `rectifier/bad-critique` for a reply that was wrong twice; EndpointError
 * `rectifier/endpoint-failed` or `rectifier/endpoint-refused`, `data/missing-file` or
 * `data/bad-image`, `rectifier/closed`, the signal's reason
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import type { AddressInfo } from 'node:net';
 * import { createLlmCritic } from '@fgam/rectifier';
 *
 * const issue = { kind: 'object', claim: 'a cat', correction: 'a dog', confidence: 0.8, boxes: [] };
 * const content = JSON.stringify({ verdict: 'revise', confidence: 0.9, issues: [issue] });
 * const server = createServer((_, response) => {
 *   response.setHeader('content-type', 'application/json');
 *   response.end(JSON.stringify({ choices: [{ message: { content } }] }));
 * });
 * await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
 * const { port } = server.address() as AddressInfo;
 *
 * const critic = createLlmCritic({ baseUrl: `http://127.0.0.1:${port}/v1`, model: 'any' });
 * const image = Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');
 * const [feedback] = await critic.critique([{ image, question: 'what is it ?', response: 'a cat' }]);
 * if (feedback?.verdict !== 'revise' || feedback.text !== 'object : a dog') throw new Error(JSON.stringify(feedback));
 * await critic.dispose();
 * server.closeAllConnections();
 * server.close();
 * ```
 */
export function createLlmCritic(options: LlmCriticOptions): LlmCritic {
  const endpoint = createChatEndpoint('createLlmCritic', endpointSettings('createLlmCritic', options));
  const { name = options.model, maxTokens = 1024, temperature = 0, seed } = options;
  const { readsContext = true, contextCharacters = 20_000 } = options;
  if (!(contextCharacters >= 0))
    throw rectifierError(
      'rectifier/bad-config',
      `createLlmCritic: contextCharacters: expected a number from 0, got ${contextCharacters}`,
    );
  let isStructured = options.structured ?? true;

  const ask = async (
    messages: () => Promise<readonly ChatCompletionMessageParam[]>,
    signal: AbortSignal,
  ): Promise<ChatReply> => {
    // Images are read when their turn comes: a call of thousands does not hold them all.
    const prepare = async () => ({ messages: await messages(), maxTokens, temperature, seed });
    const plain = () => endpoint.ask(prepare, signal);
    if (!isStructured) return plain();
    try {
      return await endpoint.ask(async () => ({ ...(await prepare()), format: CRITIQUE_FORMAT }), signal);
    } catch (error) {
      if (!refusesFormat(error)) throw error;
      const reply = await plain();
      isStructured = false;
      return reply;
    }
  };

  const judge = async (request: CritiqueRequest, signal: AbortSignal): Promise<Feedback> => {
    const messages = () => critiqueMessages(request, { readsContext, contextCharacters });
    const first = await ask(messages, signal);
    const found = parseCritique(first.text);
    if ('critique' in found) return feedbackOf(found.critique, request.response);
    const faults = faultsOf(found.faults, first);
    const again = await ask(
      async () => [
        ...(await messages()),
        { role: 'assistant', content: escapeSlot(first.text).slice(0, MOST_SHOWN) || '(nothing)' },
        { role: 'user', content: fillSlots(LLM_CRITIC_PROMPT.again, { faults }) },
      ],
      signal,
    );
    const second = parseCritique(again.text);
    if ('critique' in second) return feedbackOf(second.critique, request.response);
    throw rectifierError(
      'rectifier/bad-critique',
      `createLlmCritic: ${name}: expected JSON of the critique's schema, got two replies without: ${faults}; then ${faultsOf(second.faults, again)}; ` +
        'take a model that keeps to a format, or a server that enforces response_format',
    );
  };

  return {
    name,
    readsContext,
    critique: (requests, call = {}) => endpoint.all(requests, call.signal, judge),
    usage: () => endpoint.usage(),
    dispose: async () => endpoint.close(),
  };
}

function feedbackOf({ verdict, confidence, issues }: Critique, response: string): Feedback {
  if (verdict === 'accept') return { verdict, confidence };
  const found = issues.map(({ kind, claim, correction, confidence: score, boxes }): Issue => {
    const evidence = { boxes, score };
    const said = correction?.trim() ?? '';
    return { kind, claim: claim.trim(), ...(said === '' ? {} : { correction: said }), evidence };
  });
  return { ...reviseFeedback(found, { response }), confidence };
}

function faultsOf(faults: string, { finish }: ChatReply): string {
  if (finish === 'length') return `${faults} (it was cut at the limit of tokens)`;
  return finish === 'refused' ? `${faults} (the model declined)` : faults;
}

/** Whether a server takes no `response_format`: vLLM, llama.cpp and hosted ones name the field or its kind. */
function refusesFormat(error: unknown): boolean {
  return (
    error instanceof EndpointError &&
    (error.status === 400 || error.status === 422) &&
    /response_format|json_schema|guided|grammar|structured/i.test(error.message)
  );
}
