import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatPrompt, readTrajectories } from '@fgam/rectifier';
import { beforeAll, describe, expect, test } from 'vitest';
import { fgam, fgamJson, sceneWorkshop } from './command.test-support.js';

let folder: string;
let model: string;
let image: string;

beforeAll(async () => {
  folder = await sceneWorkshop(2);
  model = join(folder, 'tiny');
  image = join(folder, 'scenes', 'images', '000000000001.png');
});

const question = 'is there a red circle ?';

describe('fgam generate', () => {
  test('prints an answer of the asked length, the same for the same seed', async () => {
    const ask = ['generate', '--model', model, '--image', image, '--question', question];
    const greedy = await fgamJson(...ask, '--max-tokens', '3');
    expect(greedy['tokenCount']).toBeLessThanOrEqual(3);
    const asked = await fgamJson(
      ...ask.slice(0, -2),
      '--prompt',
      formatPrompt(question),
      '--max-tokens',
      '3',
    );
    const keys = ['model', 'text', 'answer', 'tokens', 'logprobs', 'tokenCount'];
    expect(Object.keys(greedy)).toEqual(keys);
    // The question in its prompt, as a text to be continued: the same but for the answer.
    expect({ ...asked, answer: greedy['answer'] }).toEqual(greedy);
    expect(Object.keys(asked)).toEqual(keys.filter((key) => key !== 'answer'));
    expect(greedy['tokens']).toHaveLength(Number(greedy['tokenCount']));
    expect(greedy['logprobs']).toHaveLength(Number(greedy['tokenCount']));
    expect(await fgam(...ask, '--max-tokens', '3')).toMatchObject({
      code: 0,
      out: `${String(greedy['answer'])}\n`,
    });
    const streamed = await fgam(...ask, '--max-tokens', '3', '--stream');
    expect(streamed).toMatchObject({ code: 0, out: `${String(greedy['answer'])}\n` });
    const sampled = async (seed: string) =>
      (await fgamJson(...ask, '--max-tokens', '12', '--temperature', '2', '--seed', seed))['answer'];
    expect(await sampled('3')).toBe(await sampled('3'));
    expect(await sampled('4')).not.toBe(await sampled('3'));
  });

  test('names words that the model does not know', async () => {
    const ask = ['generate', '--model', model, '--image', image, '--max-tokens', '1'];
    const { err } = await fgam(...ask, '--question', 'is there a zebra ?');
    expect(err).toContain('<unk>: zebra');
    expect((await fgam(...ask, '--question', question)).err).toBe('');
  });

  test('says what is wrong with an image or a model', async () => {
    const ask = (picture: string, from = model) =>
      fgam('generate', '--model', from, '--image', picture, '--question', question);
    const missing = await ask(join(folder, 'none.png'));
    expect(missing.err).toMatch(/expected an image at .*none\.png|none\.png/);
    const cut = join(folder, 'cut.png');
    await writeFile(cut, await readFile(image));
    await truncate(cut, 90);
    const truncated = await ask(cut);
    expect(truncated.err).toMatch(/expected a whole image.*cut\.png/);
    const noModel = await ask(image, join(folder, 'scenes'));
    expect(noModel.err).toContain('config.json');
    for (const run of [missing, truncated, noModel]) {
      expect(run).toMatchObject({ code: 1, out: '' });
      expect(run.err).not.toContain('    at ');
    }
    expect(await fgam('generate', '--image', image)).toMatchObject({ code: 2 });
  });
});

describe('fgam rectify', () => {
  test('prints the rounds from a given response, and writes them', async () => {
    const out = join(folder, 'stories', 'one.jsonl');
    const ask = ['rectify', '--model', model, '--image', image, '--question', question];
    const trajectory = await fgamJson(...ask, '--response', 'yes', '--rounds', '1', '--out', out);
    const attempts = trajectory['attempts'] as readonly { response: string }[];
    expect(attempts[0]?.response).toBe('yes');
    expect(attempts.length).toBeLessThanOrEqual(2);
    expect(await readTrajectories(out)).toEqual([trajectory]);
    const text = await fgam(...ask, '--response', 'yes', '--rounds', '1');
    expect(text.out).toMatch(/^round 0 {3}response {2}yes\n {10}feedback {2}\S.*\n/);
    expect(text.out).toContain(`(${String(trajectory['stop'])})`);
    expect(text.err).toContain('no region-text training');
  });

  test('asks a trained critic by its folder', async () => {
    const ask = ['rectify', '--model', model, '--critic', model, '--image', image, '--question', question];
    const { code, err } = await fgam(...ask, '--rounds', '1');
    expect(code).toBe(0);
    expect(err).not.toContain('no region-text training');
  });

  test('says where it cannot write, and which critic is missing', async () => {
    const ask = ['rectify', '--model', model, '--image', image, '--question', question, '--rounds', '0'];
    const blocked = await fgam(...ask, '--out', join(image, 'x.jsonl'));
    expect(blocked).toMatchObject({ code: 1, out: '' });
    expect(blocked.err).toContain('expected to write here');
    const critic = await fgam(...ask, '--critic', join(folder, 'nobody'));
    expect(critic).toMatchObject({ code: 1, out: '' });
    expect(critic.err).toContain('nobody');
  });
});
