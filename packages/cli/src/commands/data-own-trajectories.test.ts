import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readQuestions } from '@fgam/data';
import { isAcceptance, readTrajectories, replayTrajectory } from '@fgam/rectifier';
import { readMetrics } from '@fgam/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { fgam, fgamJson, sceneWorkshop } from './command.test-support.js';

type Three = [number, number, number];

let folder: string;
let scenes: string;
const at = (name: string): string => join(folder, name);
const own = (...args: readonly string[]) => ['data', 'trajectories', scenes, ...args];

beforeAll(async () => {
  folder = await sceneWorkshop(3);
  scenes = at('scenes');
});

test("a model's sampled mistakes, checked by the truth: the same each time, and sft learns from them", async () => {
  const asked = own('--model', at('tiny'), '--samples', '2', '--max-tokens', '12', '--wrong-share', '0.9');
  const result = await fgamJson(...asked, '--format', 'trl', '--out', at('out'));
  const questions = await readQuestions(join(scenes, 'questions.jsonl'));
  const counted = (name: string): number => Number(result[name]);
  const [refused, corrected, accepted] = ['refused', 'corrected', 'accepted'].map(counted) as Three;
  const leftOut = result['leftOut'] as Readonly<Record<string, number>>;
  expect(result).toMatchObject({ critic: 'oracle', from: at('tiny'), questions: questions.length });
  expect(result['asked']).toBe(2 * questions.length);
  expect(corrected).toBe(refused);
  expect(counted('distinct')).toBe(refused + accepted + (leftOut['blank'] ?? 0));
  const trajectories = await readTrajectories(join(at('out'), 'trajectories.jsonl'));
  expect(result['revised']).toBe(corrected);
  expect(trajectories).toHaveLength(corrected + accepted - (leftOut['beyond-share'] ?? 0));
  expect(new Set(trajectories.map(({ id }) => id)).size).toBe(trajectories.length);
  for (const trajectory of trajectories) {
    expect(trajectory.stop).toBe('accepted');
    expect(existsSync(join(scenes, trajectory.image)), trajectory.image).toBe(true);
    expect(() => replayTrajectory(trajectory)).not.toThrow();
  }

  const text = await readFile(join(at('out'), 'trajectories.jsonl'), 'utf8');
  await fgamJson(...asked, '--out', at('again'));
  expect(await readFile(join(at('again'), 'trajectories.jsonl'), 'utf8')).toBe(text);
  await fgamJson(...asked, '--seed', '2', '--out', at('other'));
  expect(await readFile(join(at('other'), 'trajectories.jsonl'), 'utf8')).not.toBe(text);

  // What is there is told before the model is asked.
  expect(await fgam(...asked, '--out', at('out'))).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^fgam: .*or --overwrite\n$/) as string,
  });

  const config = at('sft.json');
  const base = { model: 'tiny', data: 'out/trajectories.jsonl', images: 'scenes', out: 'sft' };
  const schedule = { learningRate: 0.001 };
  await writeFile(config, JSON.stringify({ ...base, steps: 2, batchSize: 2, schedule }));
  expect((await fgamJson('train', 'sft', '--config', config))['loss']).toBeGreaterThan(0);
  expect((await readMetrics(join(at('sft'), 'metrics.jsonl'))).at(-1)).toMatchObject({ step: 2 });
});

test('responses of a file, checked by the truth and by the shipped detector', async () => {
  const questions = await readQuestions(join(scenes, 'questions.jsonl'));
  const existence = questions.filter(({ kind }) => kind === 'existence');
  const lines = existence.flatMap(({ id }) => ['yes', 'no'].map((response) => ({ question: id, response })));
  const file = at('drafts.jsonl');
  await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  const checked = own('--drafts', file);
  const half = existence.length;
  const byTruth = await fgamJson(...checked, '--out', at('by-truth'));
  expect(byTruth).toMatchObject({
    ...{ from: file, critic: 'oracle', asked: 2 * half, distinct: 2 * half, leftOut: {} },
    ...{ refused: half, corrected: half, accepted: half, trajectories: 2 * half, errors: { object: half } },
  });

  const args = ['--critic', 'grounded', '--grounding', 'compact-grounding', '--out', at('by-critic')];
  const byCritic = await fgamJson(...checked, ...args);
  expect(byCritic).toMatchObject({ critic: 'grounded', distinct: 2 * half });
  expect(byCritic['corrected']).toBeGreaterThan(0.6 * half);
  const truthOf = new Map(existence.map(({ id, answer }) => [id, answer]));
  const revised = (await readTrajectories(join(at('by-critic'), 'trajectories.jsonl'))).filter(
    ({ attempts }) => attempts.length === 2,
  );
  expect(revised).toHaveLength(Number(byCritic['corrected']));
  for (const { attempts } of revised) {
    const [first, second] = attempts;
    expect(first?.feedback?.verdict).toBe('revise');
    expect(second?.feedback && isAcceptance(second.feedback)).toBe(true);
    expect(second?.feedback?.confidence).toBeGreaterThan(0.5);
  }
  const right = revised.filter(
    ({ id, final }) => (truthOf.get(id) ?? truthOf.get(id.replace(/-\d+$/, ''))) === final,
  );
  expect(right.length).toBeGreaterThan(0.8 * revised.length);

  await writeFile(file, JSON.stringify({ question: 'of-others', response: 'yes' }));
  expect((await fgam(...checked, '--out', at('of-others'))).err).toContain('got one to "of-others"');
  await writeFile(file, '');
  const nothing = await fgam(...checked, '--out', at('of-none'));
  expect(nothing).toMatchObject({ code: 1, out: '' });
  expect(nothing.err).toContain('expected drafts, got none');
  const rightAlone = existence.map(({ id, answer }) => JSON.stringify({ question: id, response: answer }));
  await writeFile(file, rightAlone.join('\n'));
  const none = await fgam(...checked, '--out', at('of-right'));
  expect(none).toMatchObject({ code: 1, out: '' });
  expect(none.err).toContain(`got none of ${half}; left out: beyond-share ${half}`);
});

test('questions about photos of shards', async () => {
  await fgam('data', 'build', scenes, '--from', 'scenes', '--validation', '0', '--out', at('shards'));
  const args = ['data', 'trajectories', at('shards'), '--model', at('tiny'), '--per-image', '2'];
  const more = ['--max-tokens', '8', '--out', at('of-shards')];
  expect((await fgam(...args, ...more)).err).toContain('expected --images with shards');
  const result = await fgamJson(...args, ...more, '--images', at('photos'));
  expect(result['corrected']).toBeGreaterThan(0);
  for (const { image } of await readTrajectories(join(at('of-shards'), 'trajectories.jsonl')))
    expect(existsSync(join(at('photos'), image)), image).toBe(true);
});

describe('usage', () => {
  test.each([
    [
      ['--samples', '2'],
      'expected options of trajectories without --model, --endpoint or --drafts, got --samples',
    ],
    [['--critic', 'grounded'], 'got --critic'],
    [['--model', 'tiny', '--misleading-share', '0.2'], "of a model's own responses, got --misleading-share"],
    [['--model', 'tiny', '--grounding', 'g'], 'the critic oracle, which knows the truth, got --grounding'],
    [['--model', 'tiny', '--samples', '2', '--temperature', '0'], 'expected a --temperature above 0'],
    [['--model', 'tiny', '--temperature', '-1'], 'expected a number from 0'],
    [
      ['--drafts', 'a.jsonl', '--samples', '2', '--model', 'tiny'],
      'trajectories with --drafts, got --model, --samples',
    ],
    [['--drafts', 'a.jsonl', '--calibration', 'c.json'], 'trajectories with --drafts, got --calibration'],
  ])('%j is refused', async (args, message) => {
    const { code, out, err } = await fgam(...own(...args, '--out', at('refused')));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(existsSync(at('refused'))).toBe(false);
  });
});
