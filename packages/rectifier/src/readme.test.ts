import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { sendText, startChatServer } from '../../data/src/chat-server.test-support.js';
import { PICTURES } from './endpoint/endpoint.test-support.js';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));
const folder = fileURLToPath(new URL('../../../.cache/rectifier-readme/', import.meta.url));
afterEach(() => rm(folder, { recursive: true, force: true }));

it("the README's example of a server runs against one", async () => {
  const [, example = ''] =
    /```ts no-run\n(.*?createEndpointAnswerer.*?)```/s.exec(await readFile(readme, 'utf8')) ?? [];
  const server = await startChatServer(({ body, facts }, response) => {
    if (facts['A'] !== undefined) return sendText(response, facts['A'] === 'no' ? 'A' : 'B');
    if (facts['answer'] === undefined) return sendText(response, body.messages.length > 1 ? 'no' : 'yes');
    const issues = facts['answer'] === 'no' ? [] : [{ kind: 'object', claim: 'yes' }];
    sendText(
      response,
      JSON.stringify({ verdict: issues.length > 0 ? 'revise' : 'accept', confidence: 0.8, issues }),
    );
  });
  await mkdir(folder, { recursive: true });
  const image = join(folder, 'street.png');
  await writeFile(image, PICTURES[0] ?? '');
  const code = example
    .replace(/'http:\/\/localhost:800\d\/v1'/g, `'${server.baseUrl}'`)
    .replace("'street.png'", `'${image}'`);
  expect(code).toContain(server.baseUrl);
  expect(code).toContain(image);
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(21);
  const path = join(folder, 'example.ts');
  await writeFile(path, code);
  const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
  try {
    await import(/* @vite-ignore */ pathToFileURL(path).href);
    expect(log.mock.calls.map((call) => call.join(' '))).toEqual([
      ...['response 0', 'feedback 0', 'response 1', 'decision 1', 'feedback 1', 'stop 1'],
      expect.stringMatching(/^no accepted /) as string,
    ]);
  } finally {
    log.mockRestore();
    await server.close();
  }
});
