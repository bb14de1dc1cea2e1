import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './json.js';
import { readJsonLines } from './json-lines.js';
import { readJsonRecords } from './read-json-records.js';

const folder = await mkdtemp(join(tmpdir(), 'fgam-records-'));
let files = 0;
async function reading(text: string) {
  const path = join(folder, `${files++}.json`);
  await writeFile(path, text);
  return readJsonRecords(path);
}
const values = ({ records }: Awaited<ReturnType<typeof reading>>) => records.map(({ value }) => value);

describe('readJsonRecords', () => {
  it('reads an array, one object, JSON Lines; none of them is malformed', async () => {
    expect(await reading('[1, {"a": 2}]')).toEqual({
      records: [{ value: 1 }, { value: { a: 2 } }],
      quirks: [],
    });
    expect(await reading('{\n "a": 1\n}\n')).toEqual({ records: [{ value: { a: 1 } }], quirks: [] });
    expect(await reading('{"a": 1}\r\n{"a": 2}\n\n{"a": 3}')).toEqual({
      records: [
        { value: { a: 1 }, line: 1 },
        { value: { a: 2 }, line: 2 },
        { value: { a: 3 }, line: 4 },
      ],
      quirks: [],
    });
    expect(await reading('')).toEqual({ records: [], quirks: [] });
  });

  it('reads commas after lines, values in a row, a byte order mark, and says so', async () => {
    expect(await reading('\uFEFF{"a": 1},\n{"a": 2},\n')).toEqual({
      records: [
        { value: { a: 1 }, line: 1 },
        { value: { a: 2 }, line: 2 },
      ],
      quirks: ['byte-order-mark', 'comma-after-value'],
    });
    const row = await reading('{\n "a": "}\\""\n}\n{\n "a": [1, {}]\n},\n[\n3]\n4 "x"');
    expect(row.quirks).toEqual(['comma-after-value', 'several-lines-a-value']);
    expect(row.records).toEqual([
      { value: { a: '}"' }, line: 1 },
      { value: { a: [1, {}] }, line: 4 },
      { value: [3], line: 7 },
      { value: 4, line: 9 },
      { value: 'x', line: 9 },
    ]);
  });

  it('a record may be called __proto__ and have it as a key', async () => {
    const [value] = values(await reading('{"__proto__": {"polluted": true}}\n{}'));
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ['{"a": 1}\n{"a": \n', ':3:1 (byte 16)'],
    ['{\n"ä": 1}\n{"a" 2}', ':3:6 (byte 16)'],
    ['{"a": 1}\n}', ':2:1 (byte 9)'],
    [', {"a": 1}', ':1:1 (byte 0)'],
    ['{"a": 1} // said', ':1:10 (byte 9)'],
    ['\uFEFF{"a": }', ':1:7 (byte 9)'],
  ])('refuses %j, and says where', async (text, place) => {
    await expect(reading(text)).rejects.toThrow(place);
    await expect(reading(text)).rejects.toMatchObject({ code: 'data/bad-json' });
  });

  it('gives back any values, however they are written one after another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { minLength: 2, maxLength: 6 }),
        fc.constantFrom('\n', ',\n', '\n\n', ' '),
        fc.constantFrom(undefined, 2),
        async (all, between, indent) => {
          const read = await reading(all.map((value) => JSON.stringify(value, null, indent)).join(between));
          expect(values(read)).toEqual(JSON.parse(JSON.stringify(all)));
        },
      ),
      { numRuns: 100 },
    );
  });
});

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const data = (name: string) => join(shared, 'data', name);
const absent = !existsSync(data('pope')) && process.env['FGAM_REQUIRE_ALL'] !== '1';

describe.skipIf(absent)('malformed files of public benchmarks (needs the shared data)', () => {
  it('SEED-Bench: a comma after each of 17,997 lines', async () => {
    const path = join(data('seed-bench'), 'GPT-4V.json');
    await expect(readJsonLines(path)).rejects.toThrow('GPT-4V.json:1:');
    const { records, quirks } = await readJsonRecords(path);
    expect(records).toHaveLength(17_997);
    expect(quirks).toEqual(['comma-after-value']);
    expect(records[1]?.value).toEqual({ question_id: '104933', prediction: 'C', gt_answer: 'C' });
  });

  it("POPE's caption_data: pretty-printed objects in a row", async () => {
    const path = join(data('pope'), 'caption_data', 'Instruction1_llava.json');
    await expect(readJson(path)).rejects.toMatchObject({ code: 'data/bad-json' });
    const read = await readJsonRecords(path);
    expect(read.quirks).toEqual(['several-lines-a-value']);
    const ids = values(read).map((value) => (value as { question_id: number }).question_id);
    expect(ids).toEqual(ids.map((_, place) => place));
    expect(ids.length).toBeGreaterThan(100);
  });
});
