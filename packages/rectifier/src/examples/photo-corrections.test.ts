import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  curatedQuestions,
  photoGraph,
  type Question,
  readCoco,
  readVisualGenome,
  type Region,
  type RegionSample,
} from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { formatFeedback } from '../feedback/format-feedback.js';
import { parseFeedback } from '../feedback/parse-feedback.js';
import { feedbackFor } from '../truth/feedback-for.js';
import { captionErrors } from './caption-errors.js';
import { graphErrors } from './graph-errors.js';
import { photoCorrections } from './photo-corrections.js';

type Edges = readonly [number, number, number, number];

function region(label: string, [x0, y0, x1, y1]: Edges, more: Partial<Region> = {}): Region {
  return {
    id: `${label} ${x0}`,
    box: { x0, y0, x1, y1 },
    label,
    description: `a ${label}`,
    source: 'coco',
    ...more,
  };
}
const left: Edges = [0.1, 0.4, 0.3, 0.6];
const right: Edges = [0.7, 0.4, 0.9, 0.6];
const photo = (caption: string | undefined, regions: readonly Region[], id = 'p'): RegionSample => ({
  ...{ id, image: `${id}.jpg`, width: 100, height: 100, regions },
  ...(caption === undefined ? {} : { caption }),
});

function errorsIn(caption: string, regions: readonly Region[] = [region('dog', left), region('dog', right)]) {
  const { facts } = photoGraph(photo(caption, regions));
  return captionErrors(facts, ['cat', 'umbrella', 'dog', 'skis']).map(
    ({ response, feedback }) => `${response} | ${feedback.text}`,
  );
}

describe('captionErrors', () => {
  it('puts another thing in the place of one that is there', () => {
    expect(errorsIn('A dog sleeps.')).toEqual([
      'A cat sleeps. | object : a dog , not a cat',
      'An umbrella sleeps. | object : a dog , not an umbrella',
    ]);
    expect(errorsIn('Dogs, asleep')).toEqual([
      'Cats, asleep | object : dogs , not cats',
      'Umbrellas, asleep | object : dogs , not umbrellas',
    ]);
    // A cat is told of: that one is there can't be denied.
    expect(errorsIn('A dog beside a cat').join()).not.toContain('not a cat');
    expect(errorsIn('A hotdog')).toEqual([]);
  });

  it('takes a colour, a place and a number for another', () => {
    const colours = errorsIn('A man in a red hat', []);
    expect(colours).toContain('A man in a blue hat | attribute : red hat , not blue hat');
    expect(colours.join()).not.toMatch(/pink|orange hat/);
    expect(errorsIn('An orange on a plate', [])).toEqual([]);
    expect(
      errorsIn('A man behind a red and white bus', []).filter((each) => each.includes('relation')),
    ).toEqual([
      'A man in front of a red and white bus | relation : behind a red and , not in front of a red and',
    ]);
    expect(errorsIn('Three young men talk', [])).toEqual([
      'Two young men talk | count : three young men , not two young men',
      'Four young men talk | count : three young men , not four young men',
      'Five young men talk | count : three young men , not five young men',
    ]);
    expect(errorsIn('Two dogs').filter((each) => each.includes('count :'))).toHaveLength(2);
    // The boxes say two: neither number is known to be right.
    expect(errorsIn('Three dogs').filter((each) => each.includes('count :'))).toEqual([]);
    // A crowd is not counted.
    const open = [region('dog', left, { source: 'visual-genome' })];
    expect(errorsIn('Three dogs', open).filter((each) => each.includes('count :'))).toHaveLength(3);
  });
});

describe('graphErrors', () => {
  it('has one thing wrong in each text, of each kind', () => {
    const regions = [region('car', left, { description: 'a red car' }), region('dog', right)];
    const random = {
      float: () => 0,
      int: () => 0,
      chance: () => true,
      pick: <T>([item]: readonly T[]) => item as T,
      shuffle: <T>(items: readonly T[]) => [...items],
    };
    const text = graphErrors(photoGraph(photo(undefined, regions)), { names: ['cat', 'dog'], random });
    expect(text?.answer).toBe('The red car is to the left of the dog.');
    const said =
      text?.errors.map(({ response, feedback }) => `${feedback.issues[0]?.kind}: ${response}`) ?? [];
    expect(said).toContain('relation: The red car is to the right of the dog.');
    expect(said).toContain('object: The red car is to the left of the cat.');
    expect(said).toContain('attribute: The blue car is to the left of the dog.');
    expect(said.join()).not.toMatch(/orange car|of the dog\. .*of the dog/);
    const held = [region('cat', [0.3, 0.3, 0.5, 0.5]), region('box', [0.2, 0.2, 0.8, 0.8])] as const;
    const relations = [{ subject: held[0].id, relation: 'inside' as const, object: held[1].id }];
    const inside = graphErrors(photoGraph({ ...photo(undefined, [...held]), relations }), {
      names: [],
      random,
    });
    expect(inside?.answer).toBe('The cat is inside the box.');
    expect(graphErrors(photoGraph(photo('A dog', [])), { names: [], random })).toBeUndefined();
  });
});

describe('photoCorrections', () => {
  const samples = [
    photo('Two dogs behind a red car', [region('car', left), region('dog', right)]),
    photo('A cat', [region('cat', left), region('sofa', right)], 'q'),
  ];

  it('is what its options say', () => {
    const { questions } = curatedQuestions(samples, { balance: false });
    const options = { samples, questions, seed: 3 };
    expect(photoCorrections(options)).toEqual(photoCorrections(options));
    expect(photoCorrections({ ...options, seed: 4 })).not.toEqual(photoCorrections(options));
    const ids = (parts: object) => photoCorrections({ samples, ...parts }).map(({ question }) => question.id);
    expect(ids({})).toEqual(['p-caption', 'p-graph', 'q-caption', 'q-graph']);
    expect(ids({ captions: false })).toEqual(['p-graph', 'q-graph']);
    expect(ids({ graphs: false, questions })).toEqual([
      ...questions.map(({ id }) => id),
      'p-caption',
      'q-caption',
    ]);
    const sources = (wrongShare: number) =>
      new Set(photoCorrections({ ...options, wrongShare }).map(({ source }) => source));
    expect([...sources(0)]).toEqual(['right']);
    expect([...sources(1)]).toEqual(['injected']);
  });

  it('refuses questions without truth, and about other images', () => {
    const bare: Question = {
      id: '1',
      sample: 'p',
      kind: 'existence',
      question: 'is there a dog ?',
      answer: 'yes',
    };
    expect(() => photoCorrections({ samples, questions: [bare] })).toThrow(/got 1 without its truth/);
    const { questions } = curatedQuestions(samples, { balance: false });
    expect(() => photoCorrections({ samples: samples.slice(1), questions })).toThrow(/about image p/);
  });
});

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
const genome = join(shared, 'data', 'visual-genome');
const absent = (folder: string) => !existsSync(folder) && process.env['FGAM_REQUIRE_ALL'] !== '1';

describe.skipIf(absent(coco))('trajectories of 80 COCO photos (needs the shared data)', async () => {
  const { samples, captions } = absent(coco)
    ? { samples: [], captions: new Map<string, string[]>() }
    : await readCoco({
        instances: join(coco, 'annotations', 'instances_train2017.json'),
        captions: join(coco, 'annotations', 'captions_train2017.json'),
        images: join(coco, 'train2017'),
        check: 'none',
      });
  const { questions } = curatedQuestions(samples, { seed: 1 });
  const examples = photoCorrections({ samples, questions, seed: 1, wrongShare: 1 });

  it('has errors of all five kinds, each with feedback that reads back', () => {
    const kinds: Record<string, number> = {};
    for (const { response, feedback, revised, source } of examples) {
      if (source !== 'injected' || feedback.verdict !== 'revise') continue;
      expect(response).not.toBe(revised);
      const kind = feedback.issues[0]?.kind ?? '';
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      const issues = feedback.issues.map(({ kind: of, claim, correction }) => ({
        kind: of,
        claim,
        correction,
      }));
      expect(parseFeedback(formatFeedback(feedback, { response }), { response })).toEqual({
        ...feedback,
        issues,
      });
    }
    for (const kind of ['object', 'attribute', 'relation', 'count', 'reasoning'])
      expect(kinds[kind], kind).toBeGreaterThan(0);
  });

  it('puts nothing into captions that the five captions of a photo or its boxes say', () => {
    const wrong = examples.filter(
      ({ question, source }) => question.id.endsWith('-caption') && source === 'injected',
    );
    expect(wrong.length).toBeGreaterThan(30);
    for (const { question, feedback, response } of wrong) {
      const issue = feedback.verdict === 'revise' ? feedback.issues[0] : undefined;
      const sample = samples.find(({ id }) => id === question.sample);
      expect(response.toLowerCase()).toContain(issue?.claim.split(' ').at(-1));
      if (issue?.kind !== 'object') continue;
      const thing = issue.claim.replace(/^an? /, '');
      expect(sample?.regions.map(({ label }) => label)).not.toContain(thing);
      // The reader gives the first caption alone: the others were not looked at, and agree.
      for (const caption of captions.get(question.sample) ?? [])
        expect(` ${caption.toLowerCase().replace(/[^a-z]+/g, ' ')} `, thing).not.toContain(` ${thing} `);
    }
  });

  it('refuses every injected answer to a question, and accepts every right one', () => {
    for (const { question, response, revised, source } of examples) {
      if (question.truth === undefined) continue;
      expect(feedbackFor(question, revised)).toEqual({ verdict: 'accept' });
      if (source === 'injected')
        expect(feedbackFor(question, response).verdict, question.question).toBe('revise');
    }
  });
});

describe.skipIf(absent(genome))(
  'trajectories of a scene graph of Visual Genome (needs the shared data)',
  () => {
    it('tells of what annotators and boxes say, and denies it in turn', async () => {
      const folder = join(genome, 'scene-graph-image3');
      const { samples } = await readVisualGenome({
        ...{ imageData: join(folder, 'image_data.json'), objects: join(folder, 'objects.json') },
        ...{ attributes: join(folder, 'attributes.json'), images: folder, check: 'none' },
      });
      const wrong = Array.from({ length: 30 }, (_, seed) =>
        photoCorrections({ samples, seed, wrongShare: 1 }),
      ).flat();
      const kinds = new Set(
        wrong.map(({ feedback }) => feedback.verdict === 'revise' && feedback.issues[0]?.kind),
      );
      expect(kinds).toEqual(new Set(['relation', 'attribute']));
    });
  },
);
