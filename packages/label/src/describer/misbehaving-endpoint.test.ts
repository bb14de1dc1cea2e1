import type { RegionSample } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import {
  type Behaviour,
  describeWell,
  sendJson,
  sendText,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';
import { describerTest, sampleOf } from './describer.test-support.js';
import type { LlmDescriberOptions } from './llm-describer-options.js';

const use = describerTest({ retry: { retries: 2, baseDelay: 100 } });
const create = use.create;
const samples = (count: number): RegionSample[] =>
  Array.from({ length: count }, (_, i) => sampleOf(String(i), [`thing ${i}`]));

const fail =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message: 'no\u001b[2J' } }));
  };
const raw =
  (body: string, contentType = 'application/json'): Behaviour =>
  (_, response) => {
    response.writeHead(200, { 'content-type': contentType });
    response.end(body);
  };
const hang: Behaviour = () => undefined;
const slowBody: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"choices": [');
};
const reset: Behaviour = (_, response) => void response.socket?.resetAndDestroy();
const resetBody: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"choices": [', () => response.socket?.resetAndDestroy());
};
const whole = JSON.stringify({ choices: [{ message: { content: 'a thing' } }] });

const RETRIED: readonly [string, Behaviour, RegExp, Partial<LlmDescriberOptions>?][] = [
  ['429', fail(429), /^HTTP 429$/],
  ['500', fail(500), /^HTTP 500$/],
  ['503', fail(503), /^HTTP 503$/],
  ['408', fail(408), /^HTTP 408$/],
  ['no reply', hang, /timeout/, { timeout: 300 }],
  ['a body that does not end', slowBody, /timeout/, { timeout: 300 }],
  ['a connection that is reset', reset, /connection failed: /],
  ['a connection that is reset within the body', resetBody, /connection failed/],
  ['truncated JSON', raw(whole.slice(0, -4)), /no JSON/],
  ['two bodies in one', raw(whole + whole), /no JSON/],
  ['another content type', raw('<html>busy</html>', 'text/html'), /no chat completion/],
  ['an empty body', raw(''), /no chat completion|no JSON/],
  ['no choices', raw('{"choices": []}'), /no chat completion \(choices: /],
  ['null', raw('null'), /no chat completion/],
  ['an array', raw('[1, 2]'), /no chat completion/],
  ['choices of another shape', raw('{"choices": [{"text": "a thing"}]}'), /choices\.0\.message/],
  ['content of another type', raw('{"choices": [{"message": {"content": 7}}]}'), /content/],
];

describe('what is tried again', () => {
  it.each(RETRIED)('%s: with growing waits, until it works', async (_, bad, _said, options) => {
    use.server.behave((request, response, n) => (n < 2 ? bad : describeWell)(request, response, n));
    const result = await create(options).describeRegions(samples(1));
    expect(result.samples[0]?.regions[0]?.description).toBe('a thing 0 in the photo');
    expect(result.usage).toMatchObject({ requests: 3, retries: 2 });
    expect(use.waits).toEqual([100, 200]);
  });

  it.each(RETRIED)('%s: a bounded number of times, and reported', async (_, bad, said, options) => {
    use.server.behave(bad);
    const result = await create(options).describeRegions(samples(1));
    expect(use.server.seen).toHaveLength(3);
    expect(result.undescribed).toMatchObject([{ sample: '0', region: '0-0', reason: 'endpoint-failed' }]);
    expect(result.undescribed[0]?.detail).toMatch(said);
    expect(result.samples).toEqual(samples(1));
    expect(result.stop).toBe('done');
  });

  it.each([
    ['5', [5000, 5000]],
    ['0', [100, 200]],
    ['Thu, 01 Jan 2026 00:00:07 GMT', [7000, 7000]],
    ['whenever', [100, 200]],
  ])('waits as Retry-After says: %s', async (value, expected) => {
    use.server.behave(fail(429, { 'retry-after': value }));
    await create().describeRegions(samples(1));
    expect(use.waits).toEqual(expected);
  });

  it('does not wait for a Retry-After beyond its most', async () => {
    use.server.behave(fail(503, { 'retry-after': '86400' }));
    const { undescribed } = await create().describeRegions(samples(1));
    expect(use.server.seen).toHaveLength(1);
    expect(undescribed).toMatchObject([{ reason: 'endpoint-failed', detail: 'HTTP 503' }]);
  });

  it('pays nothing for refusals, and an estimate for what may have been worked on', async () => {
    use.server.behave(fail(429));
    expect((await create().describeRegions(samples(1))).usage).toMatchObject({
      promptTokens: 0,
      estimated: 0,
    });
    use.server.behave(hang);
    const { usage } = await create({ timeout: 30 }).describeRegions(samples(1));
    expect(usage.estimated).toBe(3);
    expect(usage.promptTokens).toBeGreaterThan(0);
  });
});

describe('what is not tried again', () => {
  it.each([400, 409, 413, 422])('HTTP %i: listed, and the next region goes on', async (status) => {
    use.server.behave((request, response, n) =>
      (n === 0 ? fail(status) : describeWell)(request, response, n),
    );
    const result = await create({ concurrency: 1 }).describeRegions(samples(2));
    expect(use.server.seen).toHaveLength(2);
    expect(result.undescribed).toMatchObject([
      { sample: '0', reason: 'refused-request', detail: `HTTP ${status}` },
    ]);
    expect(result.stop).toBe('done');
    expect(use.waits).toEqual([]);
  });

  it.each([401, 403, 404])('HTTP %i: ends the work', async (status) => {
    use.server.behave(fail(status));
    const result = await create({ concurrency: 1 }).describeRegions(samples(5));
    expect(use.server.seen).toHaveLength(1);
    expect(result).toMatchObject({ stop: 'endpoint', stopDetail: `HTTP ${status}` });
    expect(result.undescribed.map(({ reason }) => reason)).toEqual([
      'endpoint-failed',
      ...Array.from({ length: 4 }, () => 'stopped'),
    ]);
  });
});

describe('an endpoint that is gone', () => {
  it('is given up after failures in a row', async () => {
    use.server.behave(fail(500));
    const result = await create({ concurrency: 1, maxFailures: 2 }).describeRegions(samples(6));
    expect(use.server.seen).toHaveLength(6); // 2 regions, 3 tries each
    expect(result).toMatchObject({
      stop: 'endpoint',
      stopDetail: '2 failures in a row, the last: HTTP 500',
    });
    expect(result.undescribed).toHaveLength(6);
  });

  it('is not given up while some requests work', async () => {
    use.server.behave((request, response, n) =>
      (n % 4 === 3 ? describeWell : fail(500))(request, response, n),
    );
    // Regions fail (tries 0 to 2), work (3), fail (4 to 6), work (7)...
    const result = await create({ concurrency: 1, maxFailures: 2 }).describeRegions(samples(6));
    expect(result.stop).toBe('done');
    expect(result.undescribed.map(({ sample }) => sample)).toEqual(['0', '2', '4']);
  });

  it('is not given up for refusals of single requests', async () => {
    use.server.behave(fail(400));
    const result = await create({ concurrency: 1, maxFailures: 2 }).describeRegions(samples(4));
    expect(use.server.seen).toHaveLength(4);
    expect(result.stop).toBe('done');
  });

  it('that nothing listens for', async () => {
    const gone = await startChatServer(describeWell);
    await gone.close();
    const describer = create({ baseUrl: gone.baseUrl, maxFailures: 1 });
    const result = await describer.describeRegions(samples(3));
    expect(result.stopDetail).toMatch(/connection failed: ECONN/);
    await expect(
      describer.describe([{ image: '', box: { x0: 0, y0: 0, x1: 1, y1: 1 }, label: 'car' }]),
    ).rejects.toMatchObject({ code: 'label/endpoint-failed' });
  });
});

describe('more than was asked for', () => {
  it('two choices: the first is taken', async () => {
    use.server.behave((_, response) =>
      sendJson(response, {
        choices: [{ message: { content: 'a first thing' } }, { message: { content: 'a second thing' } }],
      }),
    );
    const { samples: described } = await create().describeRegions(samples(1));
    expect(described[0]?.regions[0]?.description).toBe('a first thing');
  });

  it('the same text for different regions: taken, as two regions may look alike', async () => {
    use.server.behave((_, response) => sendText(response, 'a thing'));
    const { samples: described, undescribed } = await create().describeRegions(samples(2));
    expect(described.map(({ regions }) => regions[0]?.description)).toEqual(['a thing', 'a thing']);
    expect(undescribed).toEqual([]);
  });
});

describe('abort', () => {
  it('stops requests under way, sends no more, and rejects with its reason', async () => {
    const controller = new AbortController();
    let open = 0;
    use.server.behave((_, response, n) => {
      open += 1;
      response.on('close', () => {
        open -= 1;
      });
      if (n === 1) controller.abort(new Error('enough'));
    });
    const work = create({ concurrency: 2 }).describeRegions(samples(10), { signal: controller.signal });
    await expect(work).rejects.toThrow('enough');
    await expect.poll(() => open).toBe(0);
    expect(use.server.seen).toHaveLength(2);
  });

  it('stops waiting for another try, with the real clock', async () => {
    const controller = new AbortController();
    use.server.behave((request, response, n) => {
      void fail(429, { 'retry-after': '100' })(request, response, n);
      if (n === 2) response.on('close', () => setTimeout(() => controller.abort(new Error('enough')), 20));
    });
    const work = create({ clock: {} }).describeRegions(samples(3), { signal: controller.signal });
    await expect(work).rejects.toThrow('enough');
    expect(use.server.seen).toHaveLength(3);
  });

  it('before the first request sends none', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(create().describeRegions(samples(1), { signal })).rejects.toThrow('enough');
    expect(use.server.seen).toHaveLength(0);
  });
});
