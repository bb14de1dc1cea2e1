import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expectNumbers,
  isAbsent,
  jsonLines,
  readCases,
  sharedData,
  shuffled,
  writeFiles,
  meanOfRows,
} from '../choice.test-support.js';
import { mmeTask } from './mme-task.js';
import { type MmeDialect, parseMmeAnswer } from './parse-mme-answer.js';

interface Cases {
  readonly answers: readonly (Readonly<Record<MmeDialect, 'yes' | 'no' | null>> & {
    readonly answer: string;
  })[];
  readonly files: readonly {
    /** Task to images, each two pairs of truth and answer. */
    readonly tasks: Readonly<Record<string, readonly (readonly (readonly [string, string])[])[]>>;
    readonly scores: Readonly<
      Record<
        MmeDialect,
        {
          readonly perception: number;
          readonly cognition: number;
          readonly tasks: Readonly<Record<string, number>>;
        }
      >
    >;
  }[];
}

const cases = await readCases<Cases>('mme');
const DIALECTS: readonly MmeDialect[] = ['official', 'lmms-eval', 'vlmevalkit'];
const ask = (place: number) => `Is it number ${place}? Please answer yes or no.`;
const fileLines = (images: Cases['files'][number]['tasks'][string]) =>
  images.flatMap((image, index) =>
    image.map(([truth, answer], place) => `${index}.jpg\t${ask(place)}\t${truth}\t${answer}\n`),
  );
const toFolder = (tasks: Cases['files'][number]['tasks'], order = (lines: string[]) => lines) =>
  writeFiles(
    Object.fromEntries(
      Object.entries(tasks).map(([task, images]) => [`${task}.txt`, order(fileLines(images)).join('')]),
    ),
  );
const scoreOf = (folder: string, dialect: MmeDialect = 'official') =>
  mmeTask.score({ truth: [folder], predictions: [folder], dialect });

describe('parseMmeAnswer', () => {
  it.each(DIALECTS)('reads every case as the rule of %s does', (dialect) => {
    expect(cases.answers.length).toBeGreaterThanOrEqual(300);
    for (const { answer, [dialect]: wanted } of cases.answers)
      expect(parseMmeAnswer(answer, dialect) ?? null, JSON.stringify(answer)).toBe(wanted);
  });
});

it('looks at characters as Python counts them', () => {
  // Four: the sign, a blank and the word.
  expect(parseMmeAnswer('👍 no', 'official')).toBe('no');
  expect(parseMmeAnswer('👍👍 no', 'official')).toBeUndefined();
});

describe('mme', () => {
  it.each(DIALECTS)('gives the sums of the rule of %s, in whatever order the rows are', async (dialect) => {
    for (const { tasks, scores } of cases.files) {
      const whole = await scoreOf(await toFolder(tasks), dialect);
      const { metrics, byCategory } = whole;
      const { tasks: each, ...sums } = scores[dialect];
      expectNumbers(metrics, sums);
      expectNumbers(metrics['tasks'] as Record<string, number>, each);
      const { accuracy, accuracyPlus, score } = byCategory['existence'] ?? {};
      expect(Number(accuracy) + Number(accuracyPlus)).toBe(score);
      const own = meanOfRows(whole, 'accuracy', (id) => id.startsWith('existence/'));
      expect(100 * own).toBeCloseTo(Number(accuracy), 9);
      const other = await scoreOf(await toFolder(tasks, (lines) => shuffled(lines, 1)), dialect);
      expectNumbers(other.metrics, sums);
    }
  });

  it('is full for a perfect prediction, 0 for empty ones, and says which tasks are not there', async () => {
    const pairs = (said: (truth: string) => string) => [
      ['yes', 'no'].map((truth) => [truth, said(truth)] as const),
    ];
    const full = await scoreOf(
      await toFolder({ existence: pairs((truth) => truth), OCR: pairs((truth) => truth) }),
    );
    expect(full).toMatchObject({ n: 4, metrics: { perception: 400, cognition: null } });
    expect(full.notes[0]).toContain('code_reasoning');
    const empty = await scoreOf(await toFolder({ existence: pairs(() => '') }));
    expect(empty.metrics).toMatchObject({ perception: 0, tasks: { existence: 0 } });
    expect(empty.faults.unparsable).toHaveLength(2);
  });

  it("joins LLaVA's answers, lmms-eval's and VLMEvalKit's to the released data", async () => {
    const text = (place: number) => `Is it number ${place}?`;
    const prompt = (place: number) => `${text(place)}\nAnswer the question using a single word or phrase.`;
    const said = ['Yes', 'No'];
    const image = 'existence/7.png';
    const folder = await writeFiles({
      'release/existence/questions_answers_YN/7.txt': `${text(0)}  Please answer yes or no.\tYes\n${ask(1)}\tNo\n`,
      'flat/existence/7.txt': `${ask(0)}\tYes\n${ask(1)}\tNo\n`,
      'llava.jsonl': jsonLines(
        said.map((answer, place) => ({ question_id: image, prompt: prompt(place), text: answer })),
      ),
      'lmms.jsonl': jsonLines(
        said.map((answer, place) => ({
          ...{ doc_id: place, doc: { question_id: image, category: 'existence', question: ask(place) } },
          resps: [[answer]],
        })),
      ),
      'kit.tsv': `index\tcategory\timage_path\tquestion\tprediction\n${said
        .map((answer, place) => `${place}\texistence\t${image}\t${ask(place)}\t${answer}\n`)
        .join('')}`,
    });
    for (const truth of ['release', 'flat'])
      for (const predictions of ['llava.jsonl', 'lmms.jsonl', 'kit.tsv']) {
        const score = await mmeTask.score({
          ...{ truth: [join(folder, truth)], predictions: [join(folder, predictions)] },
        });
        expect(score.metrics['perception'], predictions).toBe(200);
      }
  });

  it('names what is missing and unknown, and refuses images with one question and lines with other fields', async () => {
    const line = (image: string, place: number, ...rest: string[]) =>
      [image, ask(place), 'Yes', ...rest].join('\t');
    const folder = await writeFiles({
      'truth/existence.txt': `${line('1.jpg', 0)}\n${line('1.jpg', 1)}\n`,
      'said/existence.txt': `${line('1.jpg', 0, 'yes')}\n${line('2.jpg', 1, 'yes')}\n`,
      'one/existence.txt': `${line('1.jpg', 0, 'yes')}\n`,
      'tab/existence.txt': `${line('1.jpg', 0, 'yes', 'sir')}\n`,
    });
    const [truth, said, one, tab] = ['truth', 'said', 'one', 'tab'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    const score = (from: string, predictions: string, allowMissing = false) =>
      mmeTask.score({ truth: [from], predictions: [predictions], allowMissing });
    await expect(score(truth, said)).rejects.toThrow(
      '1 missing (existence/1 Is it number 1?); 1 unknown (existence/2 Is it number 1?)',
    );
    expect(await score(truth, said, true)).toMatchObject({
      missing: 1,
      byCategory: { existence: { accuracy: 50, accuracyPlus: 0 } },
    });
    await expect(score(one, one)).rejects.toMatchObject({ code: 'bench/bad-truth' });
    await expect(score(truth, tab)).rejects.toThrow(/existence\.txt:1: expected .* got 5 fields/);
    await expect(score(truth, truth)).rejects.toMatchObject({ code: 'bench/bad-predictions' });
  });

  it('asks as LLaVA-1.5 was asked; what it saves is read again', async () => {
    const folder = await toFolder({ scene: [['yes', 'no'].map((truth) => [truth, truth] as const)] });
    const questions = await mmeTask.questions([folder]);
    expect(questions[0]).toEqual({
      id: 'scene/0 Is it number 0?',
      image: 'scene/0.jpg',
      prompt: 'Is it number 0?\nAnswer the question using a single word or phrase.',
    });
    const saved = await mmeTask.savePredictions(
      [folder],
      new Map(questions.map(({ id }) => [id, 'Yes,\tit\nis'])),
      await mkdtemp(join(tmpdir(), 'fgam-saved-')),
    );
    const { metrics } = await mmeTask.score({ truth: [folder], predictions: saved });
    expect(metrics['perception']).toBe(50);
  });
});

const real = sharedData('mme', 'LaVIN');
describe.skipIf(isAbsent(real))("MME, LaVIN's answers (needs the shared data)", () => {
  it('gives what the official script gives', async () => {
    const { n, missing, metrics, interval } = await scoreOf(real);
    expect({ n, missing }).toEqual({ n: 2374, missing: 0 });
    expect(metrics['perception']).toBeCloseTo(963.611, 3);
    expect(metrics['cognition']).toBeCloseTo(249.643, 3);
    const [low, high] = interval['perception'] ?? [0, 0];
    expect(low).toBeLessThan(963);
    expect(high).toBeGreaterThan(964);
    expect(high - low).toBeLessThan(200);
  });
});

it('takes a byte order mark and line ends of Windows for no part of a line', async () => {
  const lines = fileLines([
    [
      ['Yes', 'yes'],
      ['No', 'no'],
    ],
  ]);
  const truth = await writeFiles({ 'existence.txt': lines.join('') });
  const said = await writeFiles({ 'existence.txt': `\uFEFF${lines.join('').replaceAll('\n', '\r\n')}` });
  expect((await mmeTask.score({ truth: [truth], predictions: [said] })).metrics).toMatchObject({
    perception: 200,
  });
});
