import type { Question } from '@fgam/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatFeedback } from '../feedback/format-feedback.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { type PicturedScene, pictureScenes, toSample } from '../test-support.js';
import { feedbackFor } from '../truth/feedback-for.js';
import { injectErrors } from './inject-errors.js';

let scenes: PicturedScene[];
beforeAll(async () => {
  scenes = await pictureScenes(20, 21);
});

describe('injectErrors', () => {
  it('gives responses that are wrong, each once, with the true feedback on them', () => {
    const numbers: Record<string, number> = {};
    for (const { questions, scene } of scenes)
      for (const question of questions) {
        const options = { sample: toSample(scene, question.sample) };
        const errors = injectErrors(question, { ...options, count: 4 });
        numbers[question.kind] = Math.max(numbers[question.kind] ?? 0, errors.length);
        expect(errors.length, question.id).toBeGreaterThan(0);
        expect(new Set(errors.map(({ response }) => response)).size).toBe(errors.length);
        for (const { response, feedback } of errors) {
          expect(feedbackFor(question, response, options)).toEqual(feedback);
          expect(feedback.verdict).toBe('revise');
          expect(parseFeedback(formatFeedback(feedback, { response }), { response })).toEqual(feedback);
        }
      }
    expect(numbers).toMatchObject({ existence: 1, spatial: 1, grounding: 4, caption: 4, location: 4 });
  });

  it('changes as much of a caption as it is told', () => {
    const caption = scenes
      .flatMap(({ questions }) => questions)
      .filter(({ kind }) => kind === 'caption')
      .toSorted((a, b) => b.answer.length - a.answer.length)[0] as Question;
    const issues = (options: { readonly captionChanges?: number }) =>
      Array.from(
        { length: 100 },
        (_, seed) => injectErrors(caption, { seed, ...options })[0]?.feedback.issues.length ?? 0,
      );
    expect(Math.max(...issues({}))).toBeLessThanOrEqual(4);
    const several = issues({ captionChanges: 5 });
    expect(Math.min(...several)).toBe(1);
    expect(several.filter((count) => count >= 4).length).toBeGreaterThan(10);
  });

  it('depends on its seed and the question alone', () => {
    const questions = scenes.flatMap((each) => each.questions);
    const draw = (list: readonly Question[], seed: number) =>
      new Map(list.map((question) => [question.id, injectErrors(question, { seed, count: 2 })]));
    const first = draw(questions, 1);
    const again = draw([...questions].reverse(), 1);
    for (const [id, errors] of first) expect(again.get(id)).toEqual(errors);
    expect(draw(questions, 2)).not.toEqual(first);
  });

  it('takes wrong values from what else the image shows', () => {
    const question = {
      id: '1',
      sample: '1',
      kind: 'attribute',
      question: 'what colour is the circle ?',
      answer: 'red',
    } as const;
    const region = {
      id: '1',
      box: { x0: 0, y0: 0, x1: 0.2, y1: 0.2 },
      label: 'blue square',
      description: 'a large blue square at the top left',
      source: 'test',
    };
    const sample = { id: '1', image: '1.png', width: 64, height: 64, regions: [region] };
    const drawn = Array.from(
      { length: 200 },
      (_, seed) => injectErrors(question, { seed, sample })[0]?.response,
    );
    // 0.6 of them, and a fifth of the others.
    const blue = drawn.filter((response) => response === 'blue').length;
    expect(blue).toBeGreaterThan(110);
    expect(blue).toBeLessThan(170);
    expect(drawn).not.toContain('red');
  });

  it('mistakes as large a share of a caption as it is told, names and places alike', () => {
    const clauses = ['a small red circle at the top', 'a large blue square at the centre'];
    const more = ['a small striped green cross at the left', 'a large yellow triangle at the bottom right'];
    const answer = `${[...clauses, ...more].join(' , ')} .`;
    const question = {
      id: '1',
      sample: '1',
      kind: 'caption',
      question: 'describe the image .',
      answer,
    } as const;
    const drawn = (share: number) =>
      Array.from({ length: 200 }, (_, seed) =>
        injectErrors(question, { seed, captionShares: [share] }),
      ).flat();
    const kindsOf = (share: number): readonly string[] =>
      drawn(share).flatMap(({ feedback }) => feedback.issues.map(({ kind }) => kind));
    const [few, many] = [kindsOf(0.2), kindsOf(0.8)];
    expect(many.length).toBeGreaterThan(2 * few.length);
    for (const kind of ['object', 'attribute', 'relation'])
      expect(many.filter((each) => each === kind).length).toBeGreaterThan(many.length / 20);
    const places = (text: string) => [...text.matchAll(/at the ([a-z ]+?) [,.]/g)].map(([, place]) => place);
    // Half have another order: first a clause that was first elsewhere.
    const firsts = new Set(drawn(0.2).map(({ response }) => places(response)[0]));
    expect(firsts.size).toBeGreaterThan(3);
    expect(drawn(0.5)).toEqual(drawn(0.5));
    // Some say a clause twice: of one that is right there is no further one.
    const twice = drawn(0.2).filter(({ response }) => {
      const clauses = response.replace(/ \.$/, '').split(' , ');
      return new Set(clauses).size < clauses.length;
    });
    expect(twice.length).toBeGreaterThan(20);
    const surplus = twice.filter(({ feedback }) =>
      feedback.issues.some(({ correction }) => correction?.startsWith('there is no further ')),
    );
    expect(surplus.length).toBeGreaterThan(twice.length / 2);
    for (const captionShares of [[], [2], [Number.NaN]])
      expect(() => injectErrors(question, { captionShares })).toThrow(
        /captionShares: expected one share of 0 to 1/,
      );
  });

  it('has none where an ontology leaves no choice, and no truth where it has none', () => {
    const ontology = { nouns: ['cat'], attributes: { size: ['big'] }, unsaid: {} };
    const ask = (question: string, answer: string): Question => ({
      id: '1',
      sample: '1',
      kind: 'attribute',
      question,
      answer,
    });
    expect(injectErrors(ask('what size is the cat ?', 'big'), { ontology })).toEqual([]);
    expect(injectErrors(ask('what age is the cat ?', 'old'), { ontology })).toEqual([]);
    for (let seed = 0; seed < 30; seed += 1) {
      const options = { ontology: { ...ontology, attributes: {} }, seed };
      for (const { response } of injectErrors(ask('describe the image .', 'a cat at the top .'), options))
        expect(response).not.toBe('a cat at the top .');
    }
    expect(() => injectErrors(ask('why ?', 'because'))).toThrow(
      expect.objectContaining({ code: 'rectifier/no-truth' }),
    );
  });
});
