import { type Answerer, type AnswerRequest, imageDataUri } from '@fgam/data';
import type { ChatCompletionMessageParam } from 'openai/resources';
import { escapeSlot } from '../prompts/escape-slot.js';
import { fillSlots } from '../prompts/fill-slots.js';
import { formatPrompt } from '../prompts/format-prompt.js';
import type { PromptTemplate } from '../prompts/prompt-template.js';
import { TURNS_PROMPT } from '../prompts/turns-prompt.js';
import { createChatEndpoint, type EndpointUsage } from './chat-endpoint.js';
import { type EndpointOptions, endpointSettings } from './endpoint-options.js';

/** Options of {@link createEndpointAnswerer}. */
export interface EndpointAnswererOptions extends EndpointOptions {
  /** Default: the model's name. */
  readonly name?: string;
  /** Goes before each conversation, as it is. */
  readonly system?: string;
  /**
   * How a revision is asked for. Default `turns`: question, former response and feedback as turns of user,
   * assistant and user (`TURNS_PROMPT`). A template: as one text, such as the paper's (`PAPER_PROMPT`).
   */
  readonly revise?: 'turns' | PromptTemplate;
  /** Tokens of an answer when a request does not say. Default 512. */
  readonly maxTokens?: number;
  /** Where a request does not say. Default 0. */
  readonly temperature?: number;
}

/** An `Answerer` over HTTP. */
export interface EndpointAnswerer extends Answerer {
  /** Over all calls so far. */
  usage(): EndpointUsage;
  /** Ends what is under way; later calls are refused with `rectifier/closed`. */
  dispose(): Promise<void>;
}

/**
 * A model behind any OpenAI-compatible endpoint (vLLM, llama.cpp, Ollama, a hosted one) as the `Answerer`.
 * Images go as data URIs, and a question without one has no image part; question, response and feedback are
 * escaped (`escapeSlot`), as servers read special tokens in any message.
 *
 * Each answer's `tokens` are those that the endpoint counts. Tries that meet 408, 409, 429, 5xx, a
 * broken connection, broken JSON or a timeout are made again with growing waits; a request that fails
 * for good fails the call.
 *
 * @throws FgamError `rectifier/bad-config` with all faults of the options; at the call: EndpointError
 * `rectifier/endpoint-failed` or `rectifier/endpoint-refused`, `data/missing-file` or `data/bad-image` of an
 * image, `rectifier/closed`, the signal's reason
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import type { AddressInfo } from 'node:net';
 * import { createEndpointAnswerer } from '@fgam/rectifier';
 *
 * const server = createServer((_, response) => {
 *   response.setHeader('content-type', 'application/json');
 *   response.end(JSON.stringify({ choices: [{ message: { content: 'a red circle' } }] }));
 * });
 * await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
 * const { port } = server.address() as AddressInfo;
 *
 * const answerer = createEndpointAnswerer({ baseUrl: `http://127.0.0.1:${port}/v1`, model: 'any' });
 * const image = Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');
 * const [answer] = await answerer.answer([{ image, question: 'what is in the image ?' }]);
 * if (answer?.text !== 'a red circle') throw new Error(answer?.text);
 * await answerer.dispose();
 * server.closeAllConnections();
 * server.close();
 * ```
 */
export function createEndpointAnswerer(options: EndpointAnswererOptions): EndpointAnswerer {
  const endpoint = createChatEndpoint(
    'createEndpointAnswerer',
    endpointSettings('createEndpointAnswerer', options),
  );
  const { name = options.model, maxTokens: usual = 512, temperature: warmth = 0 } = options;
  return {
    name,
    answer: (requests, call = {}) =>
      endpoint.all(requests, call.signal, async (request, signal) => {
        const { maxTokens = usual, temperature = warmth, seed } = request;
        const prepare = async () => {
          return { messages: await messagesOf(request, options), maxTokens, temperature, seed };
        };
        const { text, tokens } = await endpoint.ask(prepare, signal);
        return { text, ...(tokens === undefined ? {} : { tokens }) };
      }),
    usage: () => endpoint.usage(),
    dispose: async () => endpoint.close(),
  };
}

async function messagesOf(
  { image, question, revision }: AnswerRequest,
  { system, revise = 'turns' }: EndpointAnswererOptions,
): Promise<ChatCompletionMessageParam[]> {
  const isOneText = revise !== 'turns';
  const text = isOneText
    ? formatPrompt(question, revision, { template: revise })
    : fillSlots(TURNS_PROMPT.answer, { question });
  const messages: ChatCompletionMessageParam[] = [
    {
      role: 'user',
      content: [
        ...(image === undefined
          ? []
          : [{ type: 'image_url' as const, image_url: { url: await imageDataUri(image) } }]),
        { type: 'text', text },
      ],
    },
  ];
  if (revision !== undefined && !isOneText)
    messages.push(
      { role: 'assistant', content: escapeSlot(revision.response) },
      { role: 'user', content: fillSlots(TURNS_PROMPT.revise, { feedback: revision.feedback }) },
    );
  return system === undefined ? messages : [{ role: 'system', content: system }, ...messages];
}
