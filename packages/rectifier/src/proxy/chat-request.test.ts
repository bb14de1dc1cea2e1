import { expect, it } from 'vitest';
import { readChatRequest } from './chat-request.js';
import { ask } from './proxy.test-support.js';

const body = (top: object = {}, message: object = {}) => ({
  ...{ model: 'tiny', ...top },
  messages: [{ ...ask()[0], ...message }],
});
const fault = (json: unknown): unknown => {
  try {
    return readChatRequest(json);
  } catch (error) {
    return error;
  }
};

it.each([
  ['images', ['http://10.0.0.1/a.png']],
  ['images', [{ url: 'http://10.0.0.1/a.png' }]],
  ['image', 'http://10.0.0.1/a.png'],
  ['image_url', { url: 'http://10.0.0.1/a.png' }],
  ['image_urls', ['http://10.0.0.1/a.png']],
  ['imageUrl', 'http://10.0.0.1/a.png'],
  ['image_data', [{ data: 'eA==', id: 1 }]],
  ['videos', ['http://10.0.0.1/a.mp4']],
  ['audio_url', 'http://10.0.0.1/a.wav'],
  ['media', [{ path: '/etc/passwd' }]],
  ['files', ['file:///etc/passwd']],
])('refuses %s beside the content, of a message and of the request: %o', (key, held) => {
  const message = expect.stringContaining(`${key}: unknown key: images, sound and files are parts`) as string;
  expect(fault(body({}, { [key]: held }))).toMatchObject({
    ...{ status: 400, body: { param: `messages.0.${key}`, message } },
  });
  expect(fault(body({ [key]: held }))).toMatchObject({ status: 400, body: { param: key, message } });
});

it.each([
  ['lists and fields that hold nothing', { images: [], image: null, video: '' }, { images: null, files: [] }],
  ['how an answer is to sound', { audio: { voice: 'alloy', format: 'wav' } }, {}],
  ['what was spoken before, by its id', {}, { role: 'assistant', audio: { id: 'audio_1' } }],
  ['other fields with texts', { user: 'me', response_format: { type: 'text' } }, { name: 'me' }],
])('lets %s pass', (_, top, message) => {
  expect(readChatRequest(body(top, message)).body).toEqual(body(top, message));
});

/** An address in each form that is fetched by someone. */
const ADDRESSES = [
  ...['http://10.0.0.1/', 'HTTPS://10.0.0.1/', 'http:10.0.0.1', 'http:\\\\10.0.0.1', 'h\tt\ntp://10.0.0.1/'],
  ...[
    '\u00a0\u0001 http://10.0.0.1/',
    's3://bucket/a.png',
    'file:/etc/passwd',
    '//10.0.0.1/',
    '\\\\10.0.0.1\\a',
  ],
  ...['data:image/png;base64,eA==', 'data:,x', 'blob:x'],
];

it.each(ADDRESSES)('refuses an address as a parameter, in lists and below others: %j', (address) => {
  for (const [param, held] of [
    ['reference', address],
    ['reference.0', [address]],
    ['reference.style.0.from', { style: [{ from: address }] }],
  ] as const)
    expect(fault(body({ reference: held }))).toMatchObject({
      ...{ status: 400, body: { param } },
      message: `${param}: expected no address: images, sound and files are parts of the content of messages`,
    });
});

it.each([
  ...['image', 'img_b64', 'imageURL', 'input_image', 'images2', 'pixel_values', 'mm_data', 'file_path'],
  ...['multimodal_inputs', 'media-url', 'attachmentUrls', 'photos', 'url', 'IMAGE_URI'],
])('takes %s for a name of media, and refuses what it holds', (key) => {
  for (const held of ['iVBORw0KGgo=', [137, 80], { any: { thing: 'x' } }])
    expect(fault(body({ options: { [key]: held } }))).toMatchObject({
      ...{ status: 400, body: { param: `options.${key}` } },
      message: expect.stringContaining(`options.${key}: unknown key: images, sound`) as string,
    });
});

const url = 'https://example.com/';
const parameters = {
  type: 'object',
  $schema: url,
  $id: url,
  properties: { image_url: { description: url } },
};
/** As in Mistral's answers. */
const reference = { type: 'reference', reference_ids: [1, 'a-1'] };
it.each<[name: string, top: object, message: object]>([
  ['numbers, switches and words', { top_k: 4, ignore_eos: true, sampler: 'mirostat', bias: { 7: -1 } }, {}],
  ['lists of token ids', { stop_token_ids: [1, 2], allowed_token_ids: [[3]] }, {}],
  [
    'how media are read',
    {
      mm_processor_kwargs: { crops: 'all', image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
      media_io_kwargs: { video: { fps: 1, video_backend: 'opencv' }, image: { image_mode: 'RGB' } },
      ...{ media_resolution: 'MEDIA_RESOLUTION_LOW', image_aspect_ratio: 'pad' },
      image_grid_pinpoints: [[384, 768]],
      extra_body: {
        google: { media_resolution: 'MEDIA_RESOLUTION_LOW', generationConfig: { media: ['low'] } },
      },
    },
    {},
  ],
  ['the look of images', { image_config: { aspect_ratio: '16:9' }, modalities: ['text', 'image'] }, {}],
  ['words with a colon, and an address within', { draft: 'llama3:8b', note: `data: as in ${url}` }, {}],
  [
    'addresses to stop at, of a user and a page',
    { stop: [url, '//'], user: url, metadata: { page: url } },
    {},
  ],
  [
    'addresses among words that an answer is to have or not',
    {
      ...{ bad_words: ['http://', '//'], banned_strings: [url], dry_sequence_breakers: ['//'] },
      ...{ logit_bias: [['http://', false]], suffix: '// end' },
    },
    {},
  ],
  ['documents', { documents: [{ title: url, text: `${url} says` }] }, {}],
  ['base64 that begins with slashes', { cache_salt: '//AAAA==' }, {}],
  ['tools', { tools: [{ type: 'function', function: { name: 'x', description: url, parameters } }] }, {}],
  ['functions', { functions: [{ name: 'look', parameters }] }, {}],
  [
    'schemas',
    {
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: parameters } },
      structured_outputs: { json: { $ref: '#/$defs/a', $defs: { a: { const: url } } } },
    },
    {},
  ],
  ['a draft', { prediction: { type: 'content', content: [{ type: 'text', text: url }] } }, {}],
  ['what a tool said', {}, { role: 'tool', content: url, tool_call_id: 'call_1', name: 'look' }],
  [
    'calls of tools',
    {},
    {
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'open', arguments: url } },
        { id: 'b', type: 'custom', custom: { name: 'open', input: url } },
      ],
      function_call: { name: 'open', arguments: url },
    },
  ],
  [
    'an answer as it came',
    {},
    {
      ...{ role: 'assistant', reasoning: url, reasoning_content: url, refusal: null, prefix: true },
      annotations: [
        { type: 'url_citation', url_citation: { url, title: url, start_index: 0, end_index: 1 } },
      ],
      audio: { id: 'audio_1', data: 'eA==', expires_at: 1, transcript: url },
      reasoning_details: [
        { type: 'reasoning.text', text: url, signature: '//AAAA==' },
        { type: 'reasoning.encrypted', data: '//AAAA==' },
      ],
      thinking_blocks: [
        { type: 'thinking', thinking: url, signature: '//AAAA==' },
        { type: 'redacted_thinking', data: '//AAAA==' },
      ],
    },
  ],
  ['an id and what LiteLLM adds', {}, { id: 'msg-1', provider_specific_fields: { thoughts: ['hm', null] } }],
  [
    'an answer in parts',
    {},
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: url }, reference], closed: true },
        { type: 'text', text: url },
        reference,
      ],
    },
  ],
])('lets %s pass as they are', (_, top, message) => {
  expect(readChatRequest(body(top, message)).body).toEqual(body(top, message));
});

it.each(['https://10.0.0.1/a.json', 'a.json', 'file:///etc/passwd'])(
  'refuses a schema that refers to %s, which its validator might fetch',
  ($ref) => {
    const tool = { type: 'function', function: { name: 'x', parameters: { properties: { a: { $ref } } } } };
    const param = 'tools.0.function.parameters.properties.a.$ref';
    expect(fault(body({ tools: [tool] }))).toMatchObject({
      ...{ status: 400, body: { param }, message: `${param}: expected a reference within the schema (#...)` },
    });
    expect(fault(body({ guided_json: { $ref } }))).toMatchObject({ body: { param: 'guided_json.$ref' } });
  },
);

it.each([
  ['documents.0.source', { documents: [{ text: 'x', source: url }] }],
  ['mm_processor_kwargs.images.0', { mm_processor_kwargs: { images: [url] } }],
  ['mm_processor_kwargs.of.images.0', { mm_processor_kwargs: { of: { images: ['//10.0.0.1/'] } } }],
  ['media_io_kwargs.video.video_url', { media_io_kwargs: { video: { video_url: 'a.mp4' } } }],
  ['kv_transfer_config.remote_host', { kv_transfer_config: { remote_host: '10.0.0.1' } }],
  ['config.image', { config: { image: 'eA==' } }],
  ['media_resolution', { media_resolution: url }],
])('refuses an address at %s, which is of no text', (param, top) => {
  expect(fault(body(top))).toMatchObject({ status: 400, body: { param } });
});

it.each<[param: string, message: object]>([
  ['id', { id: url }],
  ['provider_specific_fields.citations.0', { provider_specific_fields: { citations: [url] } }],
  ['provider_specific_fields.image', { provider_specific_fields: { image: 'eA==' } }],
  ['content', { content: [{ type: 'thinking', thinking: [{ type: 'image_url', image_url: { url } }] }] }],
  ['content', { content: [{ type: 'thinking', thinking: url }] }],
  ['content', { content: [{ ...reference, text: 'x' }] }],
  ['content', { content: [{ ...reference, reference_ids: [url] }] }],
])('refuses an address or media at %s of a message', (param, message) => {
  expect(fault(body({}, message))).toMatchObject({
    ...{ status: 400, body: { param: expect.stringMatching(`^messages\\.0\\.${param}`) as string } },
  });
});

it('refuses media in a draft and in a message’s name', () => {
  const prediction = { type: 'content', content: [{ type: 'image_url', image_url: { url } }] };
  expect(fault(body({ prediction }))).toMatchObject({ status: 400 });
  expect(fault(body({}, { name: { image_url: url } }))).toMatchObject({ body: { param: 'messages.0.name' } });
});

it('says which rounds a request gave', () => {
  expect(fault(body({ fgam: { rounds: '2' } }))).toMatchObject({
    body: { param: 'fgam.rounds', message: expect.stringMatching(/^fgam\.rounds: expected .*/) as string },
  });
});
