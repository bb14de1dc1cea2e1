import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Trajectory } from '@fgam/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatTrajectories, readTrajectories, streamTrajectories } from './trajectory-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trajectories-'));
});
afterAll(() => rm(folder, { recursive: true }));

const trajectory: Trajectory = {
  id: '1',
  image: 'a.png',
  question: 'is there a cat ?',
  attempts: [
    {
      response: 'yes',
      feedback: {
        verdict: 'revise',
        issues: [
          {
            kind: 'object',
            claim: 'yes',
            correction: 'no',
            evidence: { boxes: [{ x0: 0, y0: 0, x1: 1, y1: 0.5 }], score: 0.1 },
          },
        ],
        text: 'object : no',
        confidence: 0.9,
      },
    },
    { response: 'no', feedback: { verdict: 'accept' } },
  ],
  final: 'no',
  stop: 'accepted',
};

it('reads what it writes', async () => {
  const path = join(folder, 'good.jsonl');
  await writeFile(path, formatTrajectories([trajectory, { ...trajectory, id: '2' }]));
  expect(await readTrajectories(path)).toEqual([trajectory, { ...trajectory, id: '2' }]);
});

it('names the line and every fault of a bad one', async () => {
  const path = join(folder, 'bad.jsonl');
  await writeFile(
    path,
    `${formatTrajectories([trajectory])}${JSON.stringify({ ...trajectory, stop: 'tired', attempts: [] })}\n`,
  );
  await expect(readTrajectories(path)).rejects.toThrow(/bad\.jsonl:2, got .*attempts.*stop/);
  await expect(readTrajectories(path)).rejects.toThrow(/^readTrajectories: /);
  const lines = streamTrajectories(path);
  await lines.next();
  await expect(lines.next()).rejects.toThrow(/^streamTrajectories: /);
  await writeFile(path, '{');
  await expect(readTrajectories(path)).rejects.toMatchObject({ code: 'data/bad-json' });
});

it('reads the context of a question within a conversation, and refuses one without all images', async () => {
  const path = join(folder, 'context.jsonl');
  const turns = [
    { role: 'system', text: 'be brief', images: 0 },
    { role: 'user', text: 'look', images: 2 },
  ] as const;
  const known = { ...trajectory, context: { turns, images: ['b.png'] } };
  await writeFile(path, formatTrajectories([known]));
  expect(await readTrajectories(path)).toEqual([known]);
  await writeFile(path, formatTrajectories([{ ...known, context: { turns, images: [] } }]));
  await expect(readTrajectories(path)).rejects.toThrow(/context: expected all images that its turns brought/);
  for (const count of [-1, 0.5]) {
    const context = { turns: [{ role: 'user', text: 'look', images: count } as const], images: [] };
    await writeFile(path, formatTrajectories([{ ...trajectory, context }]));
    await expect(readTrajectories(path)).rejects.toThrow(/context\.turns\.0\.images/);
  }
});
