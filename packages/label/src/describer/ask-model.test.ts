import { expect, it } from 'vitest';
import { createAskModel } from './ask-model.js';
import { sendJson, sendText } from '../../../data/src/chat-server.test-support.js';
import { DescribeRun } from './describe-run.js';
import { formatDescriberPrompt } from './describer-prompt.js';
import { describerTest } from './describer.test-support.js';
import { describerSettings } from './llm-describer-options.js';

const use = describerTest();

const facts = { box: { x0: 0, y0: 0, x1: 0.5, y1: 0.5 }, label: 'car' };
const prompt = formatDescriberPrompt(facts, { language: 'English', maxWords: 40, hasImage: false });
const createAsk = () =>
  createAskModel(describerSettings({ baseUrl: use.server.baseUrl, model: 'tiny', retry: { retries: 0 } }));

it('keeps a reply under way until it is there, and no longer', async () => {
  const [ask, run] = [createAsk(), new DescribeRun(undefined)];
  const replies = [ask({ prompt, attempt: 0 }, run), ask({ prompt, attempt: 0 }, run)];
  expect(run.pending.size).toBe(1);
  await Promise.all(replies);
  expect(use.server.seen).toHaveLength(1);
  expect(run.pending.size).toBe(0);
});

it('asks again after a failure', async () => {
  use.server.behave((_, response, n) => {
    if (n === 0) sendJson(response, {}, 500);
    else sendText(response, 'a car');
  });
  const [ask, run] = [createAsk(), new DescribeRun(undefined)];
  await expect(ask({ prompt, attempt: 0 }, run)).rejects.toThrow('500');
  expect(run.pending.size).toBe(0);
  expect(await ask({ prompt, attempt: 0 }, run)).toMatchObject({ text: 'a car' });
});
