import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLineLog } from './line-log.js';

/** A file with this in it. */
async function fileOf(content: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'line-log-')), 'log.jsonl');
  await writeFile(file, content);
  return file;
}

test.each([
  ['whole lines', '{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']],
  ['a last line that was being written', '{"a":1}\n{"a":', ['{"a":1}']],
  ['a last line without its end', '{"a":1}\n{"a":2}', ['{"a":1}', '{"a":2}']],
  ['nothing', '', []],
])('goes on after %s', async (_, content, lines) => {
  const file = await fileOf(content);
  const log = await openLineLog(file);
  expect(log.lines).toEqual(lines);
  // Nothing is changed before there is something to write.
  expect(await readFile(file, 'utf8')).toBe(content);
  await Promise.all([log.append({ b: 1 }), log.append({ b: 2 })]);
  expect(await readFile(file, 'utf8')).toBe([...lines, '{"b":1}', '{"b":2}', ''].join('\n'));
});

test('leaves a file that is no such log as it is', async () => {
  for (const content of ['my notes', '{"a":1}\nmy notes', '[1, 2]']) {
    const file = await fileOf(content);
    await expect(openLineLog(file)).rejects.toMatchObject({ code: 'bench/bad-input' });
    expect(await readFile(file, 'utf8')).toBe(content);
  }
});
