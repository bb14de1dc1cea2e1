import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatQuestions, readQuestions } from './questions.js';
import type { Question } from './records.js';

const question: Question = {
  id: '1-existence-0',
  sample: '1',
  kind: 'existence',
  setting: 'random',
  question: 'is there a red circle ?',
  answer: 'yes',
};
const grounding: Question = {
  id: '1-grounding-0',
  sample: '1',
  kind: 'grounding',
  question: 'where is the red circle ?',
  answer: '<loc_0> <loc_0> <loc_16> <loc_16>',
  box: { x0: 0, y0: 0, x1: 0.5, y1: 0.5 },
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-questions-'));
  path = join(folder, 'questions.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

async function fault(text: string): Promise<unknown> {
  await writeFile(path, text);
  return readQuestions(path).catch((error: unknown) => error);
}

describe('readQuestions', () => {
  it('reads what formatQuestions writes', async () => {
    await writeFile(path, formatQuestions([question, grounding]));
    expect(await readQuestions(path)).toEqual([question, grounding]);
  });

  it('names the line of broken JSON', async () => {
    const error = await fault(`${JSON.stringify(question)}\n{"id": \n`);
    expect(error).toMatchObject({ code: 'data/bad-json' });
    expect(String(error)).toContain('questions.jsonl:2');
  });

  it('names the line and all faults of a record', async () => {
    const error = await fault(
      `${JSON.stringify(question)}\n${JSON.stringify({ ...grounding, kind: 'riddle', extra: 1 })}\n`,
    );
    expect(error).toMatchObject({ code: 'data/bad-record' });
    expect(String(error)).toMatch(/questions\.jsonl:2.*kind.*extra/);
  });

  it('names both lines of a duplicated id', async () => {
    const error = await fault(formatQuestions([question, grounding, question]));
    expect(error).toMatchObject({ code: 'data/duplicate-id' });
    expect(String(error)).toContain('1-existence-0 in lines 1 and 3');
  });

  it('refuses an empty and a missing file', async () => {
    expect(await fault('')).toMatchObject({ code: 'data/empty' });
    await expect(readQuestions(join(folder, 'none.jsonl'))).rejects.toMatchObject({
      code: 'data/missing-file',
    });
  });
});
