import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Trajectory } from '@fgam/data';
import { EXPORT_FORMATS, exportConversations, exportTrajectories } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { conversationPart } from './conversation-part.js';
import { createConversationSpool, type SpooledConversation } from './conversation-spool.js';
import type { Files } from './file-parts.js';
import { writeInParts } from './write-in-parts.js';

const COUNT = 700;

async function* stream<Item>(items: readonly Item[]): AsyncGenerator<Item, void, undefined> {
  for (const item of items) yield item;
}

/** What lies in a folder, by name in the order of `names`. */
async function filesIn(folder: string, names: readonly string[]): Promise<Files> {
  expect((await readdir(folder)).sort()).toEqual([...names].sort());
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

const folderOf = () => mkdtemp(join(tmpdir(), 'fgam-parts-'));

/**
 * No feedback and no revision in the first part, revisions in the second, feedback in the third alone: each
 * file begins in another part.
 */
const trajectories = Array.from({ length: COUNT }, (_, k): Trajectory => {
  const [draft, final] = [k < 256 ? 'yes' : `no \u2028 ${k}`, 'yes'];
  const isJudged = k >= 512;
  const first = {
    response: draft,
    ...(isJudged && { feedback: { verdict: 'revise', issues: [], text: 'look' } as const }),
  };
  const last = { response: final, ...(isJudged && { feedback: { verdict: 'accept' } as const }) };
  return {
    ...{ id: `t${k}`, image: `images/${k % 9}.png`, question: `is "it" red ${k} ?`, final, stop: 'accepted' },
    attempts: draft === final ? [last] : [first, last],
  };
});

test.each(EXPORT_FORMATS)('%s: trajectories in parts are, byte for byte, those at once', async (format) => {
  const out = await folderOf();
  const make = (part: readonly Trajectory[]) =>
    exportTrajectories(part, { format, name: 'mine', critic: true });
  const names = await writeInParts(stream(trajectories), make, { out, name: 'mine' });
  const whole = make(trajectories);
  expect(names).toEqual(Object.keys(whole));
  expect(await filesIn(out, names)).toEqual(whole);
});

test.each(
  EXPORT_FORMATS.flatMap(
    (format) =>
      [
        [format, 'none'],
        [format, 'one'],
      ] as const,
  ),
)('%s: conversations in parts are those at once where %s is long', async (format, long) => {
  const turn = (k: number) => ({ question: `what is ${k} ?`, answer: `a "cat" \u2029\n${k}` });
  const conversations = Array.from(
    { length: COUNT },
    (_, k): SpooledConversation => ({
      ...{ id: `c${k}`, image: `images/${k}.png` },
      turns: long === 'one' && k === 600 ? [turn(k), turn(0)] : [turn(k)],
    }),
  );
  const out = await folderOf();
  const spool = createConversationSpool(out);
  for (const conversation of conversations) await spool.add(conversation);
  expect(spool).toMatchObject({
    count: COUNT,
    hasLong: long === 'one',
    turns: long === 'one' ? COUNT + 1 : COUNT,
  });
  const make = (part: readonly SpooledConversation[]) => conversationPart(part, spool.hasLong, { format });
  const names = await writeInParts(spool.read(), make, { out });
  await spool.close();
  const whole = exportConversations(conversations, { format });
  expect(names).toEqual(Object.keys(whole));
  expect(await filesIn(out, names)).toEqual(whole);
});

test('an id of an earlier part, or a fault of a late record, leaves nothing behind', async () => {
  const out = await folderOf();
  const write = (all: readonly Trajectory[]) =>
    writeInParts(stream(all), (part) => exportTrajectories(part, { format: 'trl' }), { out });
  const [first] = trajectories;
  if (first === undefined) throw new Error('no trajectory');
  await expect(write([...trajectories, first])).rejects.toThrow(/got t0 twice/);
  await expect(write([...trajectories, { ...first, id: 'blind', image: '' }])).rejects.toThrow(
    /got none in blind/,
  );
  expect(await readdir(out)).toEqual([]);
  expect(await write([])).toEqual([]);
});

test('a folder that can not be written is said as such', async () => {
  const file = join(await folderOf(), 'file');
  await writeFile(file, '');
  const out = join(file, 'export');
  const error = {
    code: 'data/not-writable',
    message: expect.stringContaining('choose another folder') as string,
  };
  await expect(
    writeInParts(stream(trajectories), (part) => exportTrajectories(part, { format: 'trl' }), { out }),
  ).rejects.toMatchObject(error);
  const spool = createConversationSpool(out);
  const add = async (): Promise<void> => {
    for (let id = 0; id < 2; id++)
      await spool.add({
        id: `${id}`,
        image: 'i.png',
        turns: [{ question: 'q', answer: 'a'.repeat(1 << 16) }],
      });
  };
  await expect(add()).rejects.toMatchObject(error);
});
