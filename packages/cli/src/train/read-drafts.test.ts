import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTrajectories } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { readDrafts } from './read-drafts.js';

async function file(content: string): Promise<string> {
  const path = join(await temporary('drafts'), 'drafts.jsonl');
  await writeFile(path, content);
  return path;
}

test('reads lines of question and response', async () => {
  const path = await file('{"question": "1", "response": "yes"}\n{"question": "1", "response": "no"}\n');
  expect(await readDrafts(path)).toEqual([
    { question: '1', response: 'yes' },
    { question: '1', response: 'no' },
  ]);
});

test('reads each distinct attempt of trajectories', async () => {
  const story = { image: 'a.png', question: 'is it ?', final: 'no', stop: 'cycle' } as const;
  const attempts = ['no', 'yes', 'no'].map((response) => ({ response }));
  const path = await file(formatTrajectories([{ ...story, id: '7', attempts }]));
  expect(await readDrafts(path)).toEqual([
    { question: '7', response: 'no' },
    { question: '7', response: 'yes' },
  ]);
});

test('refuses an empty file and names the line of a bad one', async () => {
  await expect(readDrafts(await file(''))).rejects.toMatchObject({ code: 'data/empty' });
  const path = await file('{"question": "1", "response": "yes"}\n{"id": "1", "answer": "no"}\n');
  await expect(readDrafts(path)).rejects.toThrow(/drafts\.jsonl:2: .*question: .*response: /);
});
