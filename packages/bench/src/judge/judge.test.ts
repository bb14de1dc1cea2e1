import { appendFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { judgeContract } from '../../../data/src/judge-contract.test-support.js';
import { benchError } from '../error.js';
import { createRecordingJudge } from './create-recording-judge.js';
import { createReplayJudge } from './create-replay-judge.js';
import type { JudgeModel } from './judge-model.js';

const newFolder = () => mkdtemp(join(tmpdir(), 'fgam-judge-'));
let folder: string;
let asked: string[];

beforeEach(async () => {
  folder = await newFolder();
  asked = [];
});

const model = (answeredBy = 'm-1', settings: Partial<JudgeModel> = {}): JudgeModel => ({
  model: 'm',
  parameters: { temperature: 0, maxTokens: 5 },
  ask(prompt) {
    asked.push(prompt);
    return Promise.resolve({ text: `re: ${prompt}`, answeredBy });
  },
  ...settings,
});
const contract = {
  prompts: ['a', 'b', 'c'],
  refused: { prompt: 'unheard', code: 'bench/no-judge' },
} as const;
/** Answers after a moment, unless it is told to leave. */
const unhurried = model('m-1', {
  async ask(prompt, signal) {
    await setTimeout(2, undefined, { signal }).catch(() => signal?.throwIfAborted());
    if (prompt === contract.refused.prompt) throw benchError('bench/no-judge', 'nothing heard');
    return { text: `re: ${prompt}`, answeredBy: 'm-1' };
  },
});
judgeContract('a recording judge', {
  ...contract,
  make: async () => createRecordingJudge(await newFolder(), unhurried),
});
judgeContract('a judge that replays', {
  ...contract,
  asks: false,
  async make() {
    const folder = await newFolder();
    const recording = await createRecordingJudge(folder, unhurried);
    await recording.judge(contract.prompts.map((prompt) => ({ prompt })));
    return createReplayJudge(folder);
  },
});

const file = () => join(folder, 'judgements.jsonl');

describe('recorded judges', () => {
  it('ask each prompt once, and replay without asking', async () => {
    const judge = await createRecordingJudge(folder, model());
    const requests = ['a', 'b', 'a'].map((prompt) => ({ prompt }));
    expect(await judge.judge(requests)).toEqual(['re: a', 're: b', 're: a']);
    expect(asked).toEqual(['a', 'b']);
    // The order of parameters is none.
    const again = await createRecordingJudge(
      folder,
      model('m-1', { parameters: { maxTokens: 5, temperature: 0 } }),
    );
    expect(await again.judge([...requests, { prompt: 'c' }])).toHaveLength(4);
    expect(asked).toEqual(['a', 'b', 'c']);
    const replay = await createReplayJudge(folder);
    expect(await replay.judge([{ prompt: 'c' }, { prompt: 'a' }])).toEqual(['re: c', 're: a']);
    expect(replay.name).toBe(judge.name);
    expect(asked).toHaveLength(3);
  });

  it('are asked anew with other parameters', async () => {
    await (await createRecordingJudge(folder, model())).judge([{ prompt: 'a' }]);
    await (await createRecordingJudge(folder, model('m-1', { parameters: { temperature: 1 } }))).judge([
      { prompt: 'a' },
    ]);
    expect(asked).toEqual(['a', 'a']);
    await expect(createReplayJudge(folder)).rejects.toMatchObject({ code: 'bench/mixed-judges' });
  });

  it('are never mixed in one number', async () => {
    await (await createRecordingJudge(folder, model())).judge([{ prompt: 'a' }]);
    // The server's alias stands for another model by now.
    const later = await createRecordingJudge(folder, model('m-2'));
    await expect(later.judge([{ prompt: 'a' }, { prompt: 'b' }])).rejects.toThrow(/answers of m-1 and m-2/);
    await expect(
      (await createReplayJudge(folder)).judge([{ prompt: 'a' }, { prompt: 'b' }]),
    ).rejects.toMatchObject({
      code: 'bench/mixed-judges',
    });
    await (await createRecordingJudge(folder, model('n', { model: 'n' }))).judge([{ prompt: 'a' }]);
    await expect(createReplayJudge(folder)).rejects.toThrow(/those of m, .* and n, /);
    expect(await (await createReplayJudge(folder, 'n')).judge([{ prompt: 'a' }])).toEqual(['re: a']);
    await expect(createReplayJudge(folder, 'o')).rejects.toMatchObject({ code: 'bench/no-judge' });
  });

  it('go on after a line that was cut off, and refuse one that was changed', async () => {
    await (await createRecordingJudge(folder, model())).judge([{ prompt: 'ä' }]);
    const whole = await readFile(file(), 'utf8');
    await appendFile(file(), whole.slice(0, 30));
    const judge = await createRecordingJudge(folder, model());
    expect(await judge.judge([{ prompt: 'ä' }, { prompt: 'b' }])).toEqual(['re: ä', 're: b']);
    expect(asked).toEqual(['ä', 'b']);
    expect((await createReplayJudge(folder)).name).toBe(judge.name);
    await writeFile(file(), whole.replace('"prompt":"ä"', '"prompt":"o"'));
    await expect(createReplayJudge(folder)).rejects.toThrow(/judgements\.jsonl:1: /);
  });

  it('keep what was answered before another request failed', async () => {
    const ask: JudgeModel['ask'] = (prompt) =>
      prompt === 'b'
        ? Promise.reject(new Error('down'))
        : Promise.resolve({ text: prompt, answeredBy: 'm-1' });
    const judge = await createRecordingJudge(folder, model('m-1', { ask }));
    await expect(judge.judge([{ prompt: 'a' }, { prompt: 'b' }])).rejects.toThrow('down');
    expect(await (await createReplayJudge(folder)).judge([{ prompt: 'a' }])).toEqual(['a']);
  });
});
