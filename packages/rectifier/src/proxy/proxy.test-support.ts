import type { Critic } from '@fgam/data';
import OpenAI from 'openai';
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam } from 'openai/resources';
import { afterEach } from 'vitest';
import {
  type Behaviour,
  type ChatServer,
  sendText,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';
import { PICTURES } from '../endpoint/endpoint.test-support.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import type { ProxyOptions, UpstreamOptions } from './proxy-options.js';
import { type ServedProxy, type ServeProxyOptions, serveProxy } from './serve-proxy.js';

/** A picture as clients send it. */
export const PICTURE = `data:image/png;base64,${Buffer.from(PICTURES[0] ?? []).toString('base64')}`;

/** Refuses `yes`, accepts the rest, and is sure of both. */
export const strict: Critic = {
  name: 'strict',
  critique: async (requests) =>
    requests.map(({ response }) =>
      response === 'yes'
        ? { ...parseFeedback('object : there is no cat', { response }), confidence: 0.9 }
        : { verdict: 'accept', confidence: 0.9 },
    ),
};

/** An upstream that says yes at first, and no once it is told better. */
export const agreeable: Behaviour = ({ body }, response) =>
  sendText(response, body.messages.some(({ role }) => role === 'assistant') ? 'no' : 'yes');

/** A proxy with its upstream and the official client. */
export interface ProxyUse {
  readonly upstream: ChatServer;
  readonly proxy: ServedProxy;
  readonly client: OpenAI;
}

/** What the proxy adds to completions and their chunks. */
export interface Report {
  readonly id: string;
  readonly stop: string;
  readonly rounds: number;
  readonly confidence?: number;
  readonly critic: string;
  readonly degraded?: string;
  readonly unrectified?: string;
  readonly unseen?: { readonly turns: number; readonly images: number };
  readonly trajectory?: {
    readonly attempts: readonly { readonly response: string }[];
    readonly final: string;
  };
  readonly event?: { readonly type: string; readonly round: number; readonly response?: string };
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** Starts a proxy for one test. */
export async function useProxy(
  behaviour: Behaviour = agreeable,
  options: Partial<Omit<ProxyOptions, 'upstream'>> & { readonly upstream?: Partial<UpstreamOptions> } = {},
  place: Pick<ServeProxyOptions, 'hostNames'> = {},
): Promise<ProxyUse> {
  const upstream = await startChatServer(behaviour);
  open.push(upstream);
  const proxy = await serveProxy({
    critics: [strict],
    ...options,
    ...place,
    upstream: { baseUrl: upstream.baseUrl, retries: 0, ...options.upstream },
  });
  open.push({ close: () => proxy.close(0) });
  const client = new OpenAI({ baseURL: proxy.url, apiKey: 'any', maxRetries: 0, logLevel: 'off' });
  return { upstream, proxy, client };
}

/** A question about the picture. */
export function ask(text = 'is there a cat ?', url = PICTURE): ChatCompletionMessageParam[] {
  return [
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url } },
        { type: 'text', text },
      ],
    },
  ];
}

/** The field that the proxy adds. */
export function fgamOf(reply: ChatCompletion | ChatCompletionChunk): Report {
  return (reply as { readonly fgam?: Report }).fgam ?? ({} as Report);
}

/** Resolves as soon as it holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
