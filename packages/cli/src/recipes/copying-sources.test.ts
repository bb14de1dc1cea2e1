import { join } from 'node:path';
import { type Question, writeScenes } from '@fgam/data';
import { correctedResponse, correctionExamples, feedbackFor } from '@fgam/rectifier';
import { expect, test } from 'vitest';
import { temporary } from '../commands/command.test-support.js';
import { readSceneData } from '../scene-data.js';
import { segmentTokens } from '../train/row-length.js';
import { captionClauses } from './caption-clauses.js';
import { copyingSources, mixedCopyingSources, partCopyingSource } from './copying-sources.js';

/** A token a word and a sign. */
const encode = (text: string): number[] => [...text.matchAll(/\w+|[^\w\s]/g)].map(() => 1);
const packed = { seed: 2, encode };
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

const CAPTION_PROMPT = /^User: (describe .*) Assistant: (.*) Feedback: (.*) Assistant \(Revised\):$/;

test('copying has refused drafts alone, without images, and captions that are right when revised', async () => {
  const folder = join(await temporary('copying'), 'scenes');
  await writeScenes({ out: folder, count: 12, seed: 4, split: 'train' });
  const scenes = await readSceneData(folder);
  const examples = correctionExamples({ questions: scenes.questions, samples: scenes.samples, seed: 2 });
  const [short, captions, ...none] = copyingSources(scenes, examples, { questions: 3, captions: 4 }, 2);
  expect(none).toEqual([]);
  expect(short).toMatchObject({ turns: 3, readsImages: false });
  expect(captions).toMatchObject({ turns: 4, readsImages: false });
  const segmentsOf = (source: typeof short) =>
    source?.examples.flatMap(({ segments = [] }) => segments) ?? [];
  expect(segmentsOf(short)).toHaveLength(
    examples.filter(({ question, feedback }) => question.kind !== 'caption' && feedback.verdict === 'revise')
      .length,
  );
  expect(segmentsOf(short).filter(({ prompt }) => /no further corrections/.test(prompt))).toEqual([]);
  const asked = scenes.questions.filter(({ kind }) => kind === 'caption');
  const isOf = (caption: Question, answer: string) => feedbackFor(caption, answer).verdict === 'accept';
  const said = segmentsOf(captions);
  // Four wrong drafts of each, but where none was found.
  expect(said.length).toBeGreaterThan(3 * asked.length);
  for (const { prompt, answer } of said) {
    const [, , draft = ''] = CAPTION_PROMPT.exec(prompt) ?? [];
    const own = asked.find((caption) => isOf(caption, answer));
    expect(own).toBeDefined();
    expect(own && isOf(own, draft)).toBe(false);
  }
});

test('no turns are no sources', async () => {
  expect(copyingSources({ questions: [], samples: [] }, [], { questions: 0, captions: 0 }, 1)).toEqual([]);
});

test('parts of captions are wrong, and right when revised: one to three clauses of a caption', async () => {
  const folder = join(await temporary('parts'), 'scenes');
  await writeScenes({ out: folder, count: 12, seed: 4, split: 'train' });
  const scenes = await readSceneData(folder);
  const { examples, readsImages } = partCopyingSource(scenes, 2);
  expect(readsImages).toBe(false);
  const asked = scenes.questions.filter(({ kind }) => kind === 'caption');
  const said = examples.flatMap(({ segments = [] }) => segments);
  expect(said.length).toBeGreaterThan(2 * asked.length);
  const lengths = new Set<number>();
  for (const { prompt, answer } of said) {
    expect(prompt).toMatch(CAPTION_PROMPT);
    expect(CAPTION_PROMPT.exec(prompt)?.[2]).not.toBe(answer);
    const own = captionClauses(answer);
    lengths.add(own.length);
    expect(
      asked.some((caption) => {
        const all = captionClauses(caption.answer);
        return own.every((clause) => all.includes(clause));
      }),
    ).toBe(true);
  }
  expect([...lengths].sort()).toEqual([1, 2, 3]);
});

test('mixed captions are of any scenes, wrong, and right when revised by what the feedback says alone', async () => {
  const folder = join(await temporary('mixed'), 'scenes');
  await writeScenes({ out: folder, count: 12, seed: 4, split: 'train' });
  const scenes = await readSceneData(folder);
  const sources = mixedCopyingSources(scenes, { turns: { short: 2, long: 3 }, ...packed });
  expect(sources.map(({ turns, readsImages }) => [turns, readsImages])).toEqual([
    [2, false],
    [3, false],
  ]);
  const known = new Set(scenes.questions.flatMap(({ answer }) => captionClauses(answer)));
  const lengths = sources.map(({ examples, length = 0 }) => {
    const fill = examples.map(({ segments = [] }) =>
      sum(segments.map((each) => segmentTokens(each, encode))),
    );
    expect(Math.max(...fill)).toBeLessThanOrEqual(length);
    expect(sum(fill) / (fill.length * length)).toBeGreaterThan(0.75);
    const said = examples.flatMap(({ segments = [] }) => segments);
    expect(said.length).toBeGreaterThan(50);
    for (const { prompt, answer } of said) {
      const [, , response = '', feedback = ''] = CAPTION_PROMPT.exec(prompt) ?? [];
      expect(response).not.toBe(answer);
      expect(correctedResponse({ response, feedback, isList: true })).toBe(answer);
      expect(captionClauses(answer).every((clause) => known.has(clause))).toBe(true);
    }
    return [...new Set(said.map(({ answer }) => captionClauses(answer).length))].sort();
  });
  expect(lengths).toEqual([
    [1, 2, 3],
    [4, 5, 6, 7],
  ]);
  expect(mixedCopyingSources(scenes, { turns: { short: 0, long: 1 }, ...packed })).toHaveLength(1);
  const none = { questions: [], samples: [] };
  expect(mixedCopyingSources(none, { turns: { short: 1, long: 1 }, ...packed })).toEqual([]);
});
