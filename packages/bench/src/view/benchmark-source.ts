import { findImages } from '../run/find-images.js';
import type { BenchmarkTask, ScoreInput } from '../tasks/benchmark-task.js';
import { readImageFile } from './read-image-file.js';
import { rowAt } from './row-at.js';
import type { ViewBadge, ViewSource } from './view-source.js';

/** What {@link benchmarkSource} shows. */
export interface BenchmarkViewInput extends Pick<ScoreInput, 'truth' | 'predictions' | 'dialect'> {
  readonly title: string;
  readonly task: BenchmarkTask;
  /** Folder of the benchmark's images, as `locateQuestions` takes it; none are shown without it. */
  readonly images?: string;
}

/** A question with what was said to it. */
interface BenchmarkEntry {
  readonly id: string;
  readonly question: string;
  readonly answer?: string;
  readonly truth?: string;
  /** What the answer is worth, 0..1, by metric. */
  readonly values: [metric: string, value: number][];
  readonly image?: string;
}

/**
 * A benchmark's predictions in any format that its task reads, for `serveView`: question, truth,
 * answer, what the task's rule makes of it, and the image where one is found. A question without a
 * prediction is listed, too.
 *
 * @throws FgamError as the task's `questions` and `score`; `bench/no-judge` for one that takes a judge;
 * `bench/bad-input` where the folder of images can't be read
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { findBenchmark } from '@fgam/bench';
 * import { benchmarkSource } from '@fgam/bench/view';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'view-'));
 * const [truth, predictions] = [join(folder, 'pope.jsonl'), join(folder, 'answers.jsonl')];
 * const asked = { question_id: 1, image: 'a.jpg', text: 'Is there a cat in the image?', label: 'no' };
 * await writeFile(truth, JSON.stringify(asked));
 * await writeFile(predictions, JSON.stringify({ question: asked.text, answer: 'Yes, there is.', question_id: 1 }));
 * const input = { title: 'POPE', task: findBenchmark('pope'), truth: [truth], predictions: [predictions] };
 * const { rows } = await benchmarkSource(input);
 * const said = rows.map(({ note, badges }) => [note, badges[0]?.text].join(' '));
 * if (said.join() !== 'Yes, there is. wrong') throw new Error(said.join());
 * ```
 */
export async function benchmarkSource(input: BenchmarkViewInput): Promise<ViewSource> {
  const { title, task } = input;
  const entries = await readEntries(input);
  return {
    title,
    noun: 'predictions',
    rows: entries.map(({ id, question, answer, truth, values }) => {
      const verdict = verdictOf(values);
      const badges: ViewBadge[] = [{ text: verdict, ...toneOf(verdict) }];
      return {
        title: question === '' ? id : question,
        note: answer ?? '(no answer)',
        badges,
        text: [id, question, answer ?? '', truth ?? ''].join('\n').toLowerCase(),
        facets: { verdict: [verdict], answer: answer === undefined ? [] : [answer] },
      };
    }),
    filters: ['verdict', 'answer'],
    state: () => ({ done: true }),
    detail: async (row) => {
      const { id, question, answer, truth, values, image } = rowAt(entries, row);
      const verdict = verdictOf(values);
      return {
        title: id,
        facts: [
          ['benchmark', task.title],
          ...values.map(([metric, value]) => [`worth, ${metric}`, String(Number(value.toFixed(4)))] as const),
          ...(image === undefined ? [] : [['image', image] as const]),
        ],
        hasImage: image !== undefined,
        story: {
          question,
          ...(truth === undefined ? {} : { truth }),
          rounds:
            answer === undefined
              ? []
              : [
                  {
                    response: answer,
                    ...(verdict === 'right' || verdict === 'wrong' ? { right: verdict === 'right' } : {}),
                  },
                ],
        },
      };
    },
    image: async (row) => {
      const { image } = rowAt(entries, row);
      return image === undefined ? undefined : readImageFile(image);
    },
    close: () => undefined,
  };
}

/** The questions in the truth's order, then rows of the score that are no question by themselves, such as pairs. */
async function readEntries(input: BenchmarkViewInput): Promise<readonly BenchmarkEntry[]> {
  const { task, truth, predictions, dialect, images } = input;
  const asked = await task.questions(truth, dialect);
  const { rows = {} } = await task.score({
    ...{ truth, predictions, allowMissing: true },
    ...(dialect === undefined ? {} : { dialect }),
  });
  const names = asked.flatMap(({ image }) => image ?? []);
  const paths = images === undefined ? undefined : (await findImages(images, names)).paths;
  const entries = new Map<string, BenchmarkEntry>();
  for (const { id, prompt, image = '' } of asked) {
    const path = paths?.get(image);
    entries.set(id, { id, question: prompt, values: [], ...(path === undefined ? {} : { image: path }) });
  }
  for (const [metric, scored] of Object.entries(rows))
    for (const { id: row, question: id = row, value, answer, truth: right } of scored) {
      const known = entries.get(id) ?? { id, question: '', values: [] };
      entries.set(id, {
        ...known,
        values: [...known.values, [metric, value]],
        ...(answer === undefined ? {} : { answer }),
        ...(right === undefined ? {} : { truth: right }),
      });
    }
  return [...entries.values()];
}

/** What the answer is worth in a word: by all metrics alike, or a part. */
function verdictOf(values: BenchmarkEntry['values']): 'right' | 'wrong' | 'in part' | 'not scored' {
  if (values.length === 0) return 'not scored';
  if (values.every(([, value]) => value === 1)) return 'right';
  return values.every(([, value]) => value === 0) ? 'wrong' : 'in part';
}

function toneOf(verdict: ReturnType<typeof verdictOf>): Pick<ViewBadge, 'tone'> {
  if (verdict === 'right') return { tone: 'good' };
  return verdict === 'wrong' ? { tone: 'bad' } : {};
}
