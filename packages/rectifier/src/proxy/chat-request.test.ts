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

it('says which rounds a request gave', () => {
  expect(fault(body({ fgam: { rounds: '2' } }))).toMatchObject({
    body: { param: 'fgam.rounds', message: expect.stringMatching(/^fgam\.rounds: expected .*/) as string },
  });
});
