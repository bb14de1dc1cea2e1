import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
    readonly [field: string]: unknown;
  };
  /** The JSON that ends the first line of the user's text; none of it where there is none. */
  readonly facts: { readonly label?: string; readonly [field: string]: unknown };
  readonly userText: string;
}

/** How the server answers: the n-th request, from 0. */
export type Behaviour = (request: SeenRequest, response: ServerResponse, n: number) => void | Promise<void>;

/** A server of chat completions on this machine that does what a test wants. */
export interface ChatServer {
  readonly baseUrl: string;
  readonly seen: readonly SeenRequest[];
  /** Most requests under way at a time. */
  readonly peak: () => number;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** Starts one. */
export async function startChatServer(first: Behaviour): Promise<ChatServer> {
  const seen: SeenRequest[] = [];
  let behaviour = first;
  let active = 0;
  let peak = 0;
  const server = createServer((request, response) => {
    active += 1;
    peak = Math.max(peak, active);
    let isActive = true;
    const end = (): void => {
      if (isActive) active -= 1;
      isActive = false;
    };
    response.on('finish', end).on('close', end);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as SeenRequest['body'];
      const content = body.messages.at(-1)?.content;
      const userText =
        typeof content === 'string'
          ? content
          : ((content as { text?: string }[]).find(({ text }) => text !== undefined)?.text ?? '');
      const { url = '', headers } = request;
      const asked: SeenRequest = { url, headers, body, facts: factsOf(userText), userText };
      void behaviour(asked, response, seen.push(asked) - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    seen,
    peak: () => peak,
    behave: (next) => {
      behaviour = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function factsOf(text: string): SeenRequest['facts'] {
  try {
    return JSON.parse(/\{.*\}$/.exec(text.split('\n')[0] ?? '')?.[0] ?? '{}') as SeenRequest['facts'];
  } catch {
    // Braces in a text that is no JSON.
    return {};
  }
}

/** Answers with a JSON body. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Answers with a text as a chat completion does; 100 prompt and 10 completion tokens. */
export function sendText(response: ServerResponse, text: string, finish = 'stop'): void {
  sendJson(response, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [{ index: 0, finish_reason: finish, message: { role: 'assistant', content: text } }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  });
}

/** Answers `a LABEL in the photo`. */
export const describeWell: Behaviour = ({ facts }, response) =>
  sendText(response, `a ${facts.label ?? 'thing'} in the photo`);
