import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  curatedQuestions,
  readCoco,
  readQuestions,
  readScenes,
  type Trajectory,
  writeScenes,
} from '@fgam/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { correctionExamples } from '../examples/correction-examples.js';
import { photoCorrections } from '../examples/photo-corrections.js';
import { exampleTrajectory } from '../examples/segments.js';
import { EXPORT_FORMATS, type ExportFormat } from './export-format.js';
import { exportTrajectories } from './export-trajectories.js';

const revised: Trajectory = {
  id: 'a/1',
  image: 'images/a.png',
  question: 'is there a "red" circle ?',
  attempts: [
    { response: 'no', feedback: { verdict: 'revise', issues: [], text: 'object : there is a red circle' } },
    { response: 'yes', feedback: { verdict: 'accept' } },
  ],
  final: 'yes',
  stop: 'accepted',
};
const accepted: Trajectory = {
  id: 'b',
  image: 'images/b.png',
  question: 'what is it ?',
  attempts: [{ response: 'a\nsquare', feedback: { verdict: 'accept' } }],
  final: 'a\nsquare',
  stop: 'accepted',
};
const PROMPT =
  'User: is there a "red" circle ? Assistant: no Feedback: object : there is a red circle Assistant (Revised):';

const lines = (text: string | undefined): unknown[] =>
  (text ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('exportTrajectories', () => {
  it('takes what differs in white space for the same, as the loop does', () => {
    const [refused] = revised.attempts;
    const spaced: Trajectory = {
      ...revised,
      attempts: [{ ...refused, response: 'a cat' }, { response: 'a  cat' }],
      final: 'a  cat',
      stop: 'unchanged',
    };
    const files = exportTrajectories([spaced], { format: 'trl', critic: true });
    expect(Object.keys(files).join()).not.toMatch(/preference|critic|rm/);
  });

  it('llava: one conversation a final response and a revision', () => {
    const files = exportTrajectories([revised, accepted], { format: 'llava', name: 'mine' });
    expect(Object.keys(files)).toEqual(['mine.json']);
    expect(JSON.parse(files['mine.json'] ?? '')).toEqual([
      {
        id: 'a/1',
        image: 'images/a.png',
        conversations: [
          { from: 'human', value: '<image>\nis there a "red" circle ?' },
          { from: 'gpt', value: 'yes' },
        ],
      },
      {
        id: 'a/1-revision-1',
        image: 'images/a.png',
        conversations: [
          { from: 'human', value: `<image>\n${PROMPT}` },
          { from: 'gpt', value: 'yes' },
        ],
      },
      {
        id: 'b',
        image: 'images/b.png',
        conversations: [
          { from: 'human', value: '<image>\nwhat is it ?' },
          { from: 'gpt', value: 'a\nsquare' },
        ],
      },
    ]);
  });

  it('llama-factory: ShareGPT files and the dataset_info.json that names them', () => {
    const files = exportTrajectories([revised, accepted], { format: 'llama-factory' });
    expect(JSON.parse(files['dataset_info.json'] ?? '')).toEqual({
      fgam_sft: {
        file_name: 'fgam_sft.json',
        formatting: 'sharegpt',
        columns: { messages: 'conversations', images: 'images' },
      },
      fgam_preference: {
        file_name: 'fgam_preference.json',
        formatting: 'sharegpt',
        ranking: true,
        columns: { messages: 'conversations', images: 'images', chosen: 'chosen', rejected: 'rejected' },
      },
    });
    expect(JSON.parse(files['fgam_preference.json'] ?? '')).toEqual([
      {
        conversations: [{ from: 'human', value: '<image>is there a "red" circle ?' }],
        chosen: { from: 'gpt', value: 'yes' },
        rejected: { from: 'gpt', value: 'no' },
        images: ['images/a.png'],
      },
    ]);
    expect(JSON.parse(files['fgam_sft.json'] ?? '')).toHaveLength(3);
  });

  it('trl: prompts and completions, preferences, in lines', () => {
    const files = exportTrajectories([revised, accepted], { format: 'trl' });
    const [preference, ...more] = lines(files['fgam_preference.jsonl']);
    expect(more).toEqual([]);
    expect(preference).toEqual({
      prompt: [
        { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'is there a "red" circle ?' }] },
      ],
      chosen: [{ role: 'assistant', content: [{ type: 'text', text: 'yes' }] }],
      rejected: [{ role: 'assistant', content: [{ type: 'text', text: 'no' }] }],
      images: ['images/a.png'],
    });
    expect(lines(files['fgam_sft.jsonl'])).toHaveLength(3);
  });

  it('teaches what is final alone, after each refused attempt, with one placeholder an image', () => {
    const revise = (text: string) => ({ verdict: 'revise', issues: [], text }) as const;
    const long: Trajectory = {
      ...revised,
      question: 'is <image> there ?',
      attempts: [
        { response: 'no', feedback: revise('one') },
        { response: 'blue', feedback: revise('two') },
        { response: 'yes', feedback: { verdict: 'accept' } },
      ],
    };
    const files = exportTrajectories([long], { format: 'llava' });
    const records = JSON.parse(files['fgam.json'] ?? '') as {
      conversations: readonly { readonly value: string }[];
    }[];
    expect(records.map(({ conversations }) => conversations[1]?.value)).toEqual(['yes', 'yes', 'yes']);
    expect(records[2]?.conversations[0]?.value).toContain('Assistant: blue Feedback: two');
    for (const record of records) expect(JSON.stringify(record).match(/<image>/g)).toHaveLength(1);
    expect(records[0]?.conversations[0]?.value).not.toBe('<image>\nis <image> there ?');
  });

  it.each(EXPORT_FORMATS)('%s: boxes in numbers, with the hint that LLaVA knows', (format) => {
    const [draft, truth] = ['<loc_3> <loc_12> <loc_17> <loc_29>', '<loc_28> <loc_17> <loc_31> <loc_25>'];
    const text = `object : the red circle is at ${truth}`;
    const located: Trajectory = {
      ...revised,
      question: 'where is the red circle ?',
      attempts: [
        { response: draft, feedback: { verdict: 'revise', issues: [], text } },
        { response: truth, feedback: { verdict: 'accept' } },
      ],
      final: truth,
    };
    const written = Object.values(exportTrajectories([located, accepted], { format })).join('');
    expect(written).not.toContain('<loc_');
    const [said, right] = ['[0.11, 0.39, 0.55, 0.92]', '[0.89, 0.55, 0.98, 0.80]'];
    const hinted = 'where is the red circle ?\nPlease provide the bounding box coordinate of the region.';
    const inJson = (value: string) => JSON.stringify(value).slice(1, -1);
    expect(written).toContain(
      inJson(
        `User: ${hinted} Assistant: ${said} Feedback: object : the red circle is at ${right} Assistant (Revised):`,
      ),
    );
    expect(written).toContain(`${inJson(hinted)}"`);
    expect(written).toContain(`"${right}"`);
    if (format !== 'llava') expect(written).toContain(`"${said}"`);
    expect(written).not.toContain(inJson('what is it ?\nPlease'));
  });

  it('writes feedback for the rectification module, but none that the end contradicts', () => {
    const files = exportTrajectories([revised, accepted], { format: 'trl', critic: true });
    const said = lines(files['fgam_rm.jsonl']) as {
      prompt: { content: { text?: string }[] }[];
      completion: { content: { text: string }[] }[];
    }[];
    expect(
      said.map(({ prompt, completion }) => [prompt[0]?.content[1]?.text, completion[0]?.content[0]?.text]),
    ).toEqual([
      ['User: is there a "red" circle ? Assistant: no Feedback:', 'object : there is a red circle'],
      ['User: is there a "red" circle ? Assistant: yes Feedback:', 'no further corrections needed'],
      ['User: what is it ? Assistant: a\nsquare Feedback:', 'no further corrections needed'],
    ]);
    // A right draft that was refused, and a wrong one that was accepted.
    const misled: Trajectory = { ...revised, final: 'no' };
    const taught = exportTrajectories([misled], { format: 'llava', critic: true });
    expect(Object.keys(taught)).toEqual(['fgam.json']);
    expect(Object.keys(exportTrajectories([revised], { format: 'llava' }))).toEqual(['fgam.json']);
  });

  it('writes no empty file of preferences', () => {
    expect(Object.keys(exportTrajectories([accepted], { format: 'trl' }))).toEqual(['fgam_sft.jsonl']);
    const files = exportTrajectories([accepted], { format: 'llama-factory' });
    expect(Object.keys(files)).toEqual(['fgam_sft.json', 'dataset_info.json']);
    expect(files['dataset_info.json']).not.toContain('preference');
  });

  it('refuses a trajectory without image, and names that are paths', () => {
    expect(() => exportTrajectories([{ ...accepted, image: '' }], { format: 'trl' })).toThrow(
      /got none in b/,
    );
    for (const name of ['../x', 'a/b', '', '.hidden'])
      expect(() => exportTrajectories([accepted], { format: 'trl', name })).toThrow(/expected a name/);
  });

  it.each(EXPORT_FORMATS)('%s: leaves out what was said within a conversation', (format) => {
    const context = { turns: [{ role: 'user', text: 'look' }], images: [] } as const;
    const within: Trajectory = { ...revised, id: 'c', question: 'and the left one ?', context };
    expect(exportTrajectories([revised, within, accepted], { format, critic: true })).toEqual(
      exportTrajectories([revised, accepted], { format, critic: true }),
    );
    expect(() => exportTrajectories([within], { format })).toThrow(/stand alone, got 1 within conversations/);
  });

  it('refuses no trajectories, and an id twice', () => {
    expect(() => exportTrajectories([], { format: 'trl' })).toThrow(/got none/);
    expect(() => exportTrajectories([accepted, revised, accepted], { format: 'trl' })).toThrow(/got b twice/);
  });
});

/** What the engines take, as their documentation says. */
const turn = <From extends string>(from: From) =>
  z.strictObject({ from: z.literal(from), value: z.string().min(1) });
const conversation = z.tuple([turn('human'), turn('gpt')]);
const images = z.tuple([z.string().min(1)]);
const content = z.strictObject({ type: z.literal('text'), text: z.string().min(1) });
const prompt = z.tuple([
  z.strictObject({
    role: z.literal('user'),
    content: z.tuple([z.strictObject({ type: z.literal('image') }), content]),
  }),
]);
const answer = z.tuple([z.strictObject({ role: z.literal('assistant'), content: z.tuple([content]) })]);
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  'fgam.json': z.strictObject({ id: z.string(), image: z.string(), conversations: conversation }),
  'fgam_sft.json': z.strictObject({ conversations: conversation, images }),
  'fgam_preference.json': z.strictObject({
    conversations: z.tuple([turn('human')]),
    chosen: turn('gpt'),
    rejected: turn('gpt'),
    images,
  }),
  'fgam_sft.jsonl': z.strictObject({ prompt, completion: answer, images }),
  'fgam_preference.jsonl': z.strictObject({ prompt, chosen: answer, rejected: answer, images }),
};

describe('exported scenes', () => {
  let folder: string;
  let trajectories: Trajectory[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-'));
    const out = join(folder, 'scenes');
    await writeScenes({ out, count: 6, seed: 2, split: 'train' });
    const { samples } = await readScenes(out);
    const imageOf = new Map(samples.map(({ id, image }) => [id, image]));
    const questions = await readQuestions(join(out, 'questions.jsonl'));
    trajectories = correctionExamples({ questions, samples, seed: 1 }).map((example) =>
      exampleTrajectory(example, imageOf.get(example.question.sample) ?? ''),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(EXPORT_FORMATS)(
    'every record is of the form that %s takes, with one image placeholder each',
    (format) => {
      checkRecords(trajectories, format);
    },
  );
});

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
const isAbsent = !existsSync(coco) && process.env['FGAM_REQUIRE_ALL'] !== '1';

describe.skipIf(isAbsent)(
  'exported photos: captions, questions, scene graphs (needs the shared data)',
  () => {
    it.each(EXPORT_FORMATS)(
      'every record is of the form that %s takes, with one image placeholder each',
      async (format) => {
        const { samples } = await readCoco({
          instances: join(coco, 'annotations', 'instances_train2017.json'),
          captions: join(coco, 'annotations', 'captions_train2017.json'),
          images: join(coco, 'train2017'),
          check: 'none',
        });
        const { questions } = curatedQuestions(samples, { seed: 1 });
        const imageOf = new Map(samples.map(({ id, image }) => [id, basename(image)]));
        const stories = photoCorrections({ samples, questions, seed: 1 }).map((example) =>
          exampleTrajectory(example, imageOf.get(example.question.sample) ?? ''),
        );
        expect(stories.length).toBeGreaterThan(600);
        checkRecords(stories, format);
        const files = Object.entries(exportTrajectories(stories, { format }));
        const records = files
          .flatMap(([name, text]) => (name === 'dataset_info.json' ? [] : [text]))
          .join('');
        const images = new Set(imageOf.values());
        for (const [, name] of records.matchAll(/"(?:image|images)": ?\[?\s*"([^"]+)"/g))
          expect(images).toContain(name);
      },
    );
  },
);

/** Checks each exported record by its engine's schema. */
function checkRecords(stories: readonly Trajectory[], format: ExportFormat): void {
  const files = exportTrajectories(stories, { format });
  const wrong = stories.filter(({ attempts, final }) => attempts[0]?.response !== final).length;
  expect(wrong).toBeGreaterThan(10);
  for (const [file, text] of Object.entries(files)) {
    expect(text, file).not.toContain('<loc_');
    if (file === 'dataset_info.json') continue;
    const records = file.endsWith('l') ? lines(text) : (JSON.parse(text) as unknown[]);
    expect(records).toHaveLength(file.includes('preference') ? wrong : stories.length + wrong);
    for (const record of records) {
      expect(SCHEMAS[file]?.safeParse(record).success, file).toBe(true);
      const placeholders = JSON.stringify(record).match(/<image>|\{"type":"image"\}/g);
      expect(placeholders).toHaveLength(1);
    }
  }
}
