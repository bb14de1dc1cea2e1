import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { type ChatServer, sendJson, startChatServer } from '../../../data/src/chat-server.test-support.js';
import { judgeContract } from '../../../data/src/judge-contract.test-support.js';
import { temporary } from '../commands/command.test-support.js';
import { openJudge } from './open-judge.js';

let server: ChatServer | undefined;
afterAll(() => server?.close());

judgeContract('a judge behind an endpoint', {
  async make() {
    server = await startChatServer(async ({ userText }, response) => {
      await setTimeout(2);
      if (userText === 'unheard') sendJson(response, { error: { message: 'no' } }, 400);
      else sendJson(response, { model: 'j-1', choices: [{ message: { content: `re: ${userText}` } }] });
    });
    const judge = await openJudge({
      judge: server.baseUrl,
      judgeModel: 'j',
      judgeRecord: join(await temporary('judged'), 'judgements'),
    });
    if (judge === undefined) throw new Error('no judge');
    return judge;
  },
  prompts: ['a', 'b', 'c'],
  refused: { prompt: 'unheard', code: 'fgam/judge-failed' },
});
