import { describe, expect, it } from 'vitest';
import type { Question } from '../records.js';
import { popularKinds } from './existence-questions.js';
import { TEST_QUESTIONS, TRAIN_QUESTIONS } from './question-draft.js';
import { createRandom } from './random.js';
import { sampleScene } from './sample-scene.js';
import type { Scene, SceneObject } from './scene.js';
import { sceneQuestions } from './scene-questions.js';
import { KINDS, type Kind, partnerOf, sceneWords } from './vocabulary.js';

const scenes = Array.from({ length: 500 }, (_, index) =>
  sampleScene(createRandom(`asked/${index}`), { bias: index % 2 === 0 ? 0.5 : 0 }),
);
const popular = popularKinds(scenes);
const asked = scenes.map((scene, index) => ({
  scene,
  questions: sceneQuestions(scene, createRandom(`ask/${index}`), {
    sample: String(index),
    counts: index % 4 === 0 ? TRAIN_QUESTIONS : TEST_QUESTIONS,
    popular,
  }),
}));

/** The one object that a phrase names; throws if there are several or none. */
function only(scene: Scene, phrase: string): SceneObject {
  const found = scene.objects.filter((object) => object.kind === phrase || object.shape === phrase);
  if (found.length !== 1) throw new Error(`"${phrase}" names ${found.length} objects`);
  return found[0] as SceneObject;
}

/** Twice the centres' offset from a to b, whole pixels. */
function offset(a: SceneObject, b: SceneObject): { dx: number; dy: number } {
  return {
    dx: 2 * b.box.x + b.box.width - 2 * a.box.x - a.box.width,
    dy: 2 * b.box.y + b.box.height - 2 * a.box.y - a.box.height,
  };
}

/** How a lies to b, written again in whole pixels: a phrase, `unclear`, or what excludes a direction. */
function phraseOf(a: SceneObject, b: SceneObject): string {
  const holds = (outer: SceneObject, inner: SceneObject) =>
    outer.box.x <= inner.box.x &&
    outer.box.y <= inner.box.y &&
    outer.box.x + outer.box.width >= inner.box.x + inner.box.width &&
    outer.box.y + outer.box.height >= inner.box.y + inner.box.height;
  if (holds(a, b)) return 'containing';
  if (holds(b, a)) return 'inside';
  let shared = 0;
  for (let x = a.box.x; x < a.box.x + a.box.width; x += 1)
    for (let y = a.box.y; y < a.box.y + a.box.height; y += 1)
      if (x >= b.box.x && x < b.box.x + b.box.width && y >= b.box.y && y < b.box.y + b.box.height)
        shared += 1;
  if (shared * 10 >= a.box.width ** 2 + b.box.width ** 2 - shared) return 'overlapping';
  const { dx, dy } = offset(a, b);
  const [across, down] = [Math.abs(dx), Math.abs(dy)];
  if (5 * Math.abs(across - down) < Math.max(across, down)) return 'unclear';
  if (across > down) return dx > 0 ? 'left of' : 'right of';
  return dy > 0 ? 'above' : 'below';
}

/** The cell of a 3 x 3 grid over 64 pixels that holds the centre. */
function cell({ box }: SceneObject): string {
  const third = (twiceCentre: number) => (twiceCentre * 3 < 128 ? 0 : twiceCentre * 3 < 256 ? 1 : 2);
  const row = ['top', '', 'bottom'][third(2 * box.y + box.height)];
  const column = ['left', '', 'right'][third(2 * box.x + box.width)];
  return [row, column].filter(Boolean).join(' ') || 'centre';
}

/** The true answer, worked out from the question's words and the objects alone. */
function truthOf(scene: Scene, { question }: Question): string {
  const existence = /^is there an? (\w+ \w+) \?$/.exec(question);
  if (existence) return scene.objects.some((object) => object.kind === existence[1]) ? 'yes' : 'no';
  const spatial =
    /^is the (\w+ \w+) (left of|right of|above|below|overlapping|containing|inside) the (\w+ \w+) \?$/.exec(
      question,
    );
  if (spatial) {
    const [, subject = '', phrase = '', object = ''] = spatial;
    const [a, b] = [only(scene, subject), only(scene, object)];
    const actual = phraseOf(a, b);
    if (actual === 'unclear') throw new Error(`unclear: ${question}`);
    const { dx, dy } = offset(a, b);
    const weakly = { 'left of': dx > 0, 'right of': dx < 0, above: dy > 0, below: dy < 0 }[phrase] ?? false;
    // A false direction must not be half true: the centres must not lie that way either.
    if (actual !== phrase && weakly) throw new Error(`half true: ${question}`);
    return actual === phrase ? 'yes' : 'no';
  }
  const attribute = /^what (size|texture|colour) is the (\w+(?: \w+)?) \?$/.exec(question);
  if (attribute) return only(scene, attribute[2] ?? '')[attribute[1] as 'size' | 'texture' | 'colour'];
  const grounding = /^where is the (\w+ \w+) \?$/.exec(question);
  if (grounding) {
    const { box } = only(scene, grounding[1] ?? '');
    const bins = [box.x, box.y, box.x + box.width, box.y + box.height].map((edge) => edge >> 1);
    return bins.map((bin) => `<loc_${bin}>`).join(' ');
  }
  const nearest = /^what colour is the shape nearest to the (\w+ \w+) \?$/.exec(question);
  if (nearest) {
    const reference = only(scene, nearest[1] ?? '');
    const squared = (object: SceneObject) => {
      const { dx, dy } = offset(reference, object);
      return dx * dx + dy * dy;
    };
    const others = scene.objects.filter((object) => object !== reference);
    const least = Math.min(...others.map(squared));
    const near = others.filter((object) => squared(object) < least * 1.4);
    if (near.length !== 1) throw new Error(`unclear: ${question}`);
    return (near[0] as SceneObject).colour;
  }
  const counting = /^how many shapes are (left of|right of|above|below) the (\w+ \w+) \?$/.exec(question);
  if (counting) {
    const reference = only(scene, counting[2] ?? '');
    return String(
      scene.objects.filter((object) => object !== reference && phraseOf(object, reference) === counting[1])
        .length,
    );
  }
  const part = /^which part is the (\w+ \w+) in \?$/.exec(question);
  if (part) return cell(only(scene, part[1] ?? ''));
  const contents = /^what is at the ([a-z ]+) \?$/.exec(question);
  if (contents) {
    const there = scene.objects.filter((object) => cell(object) === contents[1]);
    there.sort((a, b) => 2 * a.box.x + a.box.width - (2 * b.box.x + b.box.width));
    const names = there.map(
      ({ size, texture, kind }) => `a ${size} ${texture === 'plain' ? '' : `${texture} `}${kind}`,
    );
    return names.join(' and ') || 'nothing';
  }
  const direction = /^where is the (\w+ \w+) from the (\w+ \w+) \?$/.exec(question);
  if (direction) return phraseOf(only(scene, direction[1] ?? ''), only(scene, direction[2] ?? ''));
  throw new Error(`unknown question: ${question}`);
}

describe('sceneQuestions', () => {
  it('answers every question truly, by an independent reading of 500 scenes', () => {
    let checked = 0;
    for (const { scene, questions } of asked)
      for (const question of questions.filter((each) => each.kind !== 'caption')) {
        expect([question.question, question.answer]).toEqual([question.question, truthOf(scene, question)]);
        checked += 1;
      }
    expect(checked).toBeGreaterThan(5000);
  });

  it('describes each object once in the caption', () => {
    for (const { scene, questions } of asked) {
      const caption = questions.find((question) => question.kind === 'caption')?.answer ?? '';
      const phrases = caption.replace(/ \.$/, '').split(' , ');
      expect(phrases).toHaveLength(scene.objects.length);
      for (const { kind, size, texture } of scene.objects)
        expect(
          phrases.some((phrase) =>
            phrase.startsWith(`a ${size} ${texture === 'plain' ? '' : `${texture} `}${kind} at the`),
          ),
        ).toBe(true);
    }
  });

  it('says yes and no equally often, in each setting', () => {
    for (const setting of ['random', 'popular', 'adversarial'] as const) {
      const ofSetting = asked.flatMap(({ questions }) =>
        questions.filter((each) => each.setting === setting),
      );
      const yes = ofSetting.filter((each) => each.answer === 'yes').length;
      expect(yes * 2).toBe(ofSetting.length);
    }
    const spatial = asked.flatMap(({ questions }) => questions.filter((each) => each.kind === 'spatial'));
    const yes = spatial.filter((each) => each.answer === 'yes').length;
    expect(yes / spatial.length).toBeCloseTo(0.5, 1);
  });

  it('cannot be answered by the relation asked for', () => {
    const spatial = asked.flatMap(({ questions }) => questions.filter((each) => each.kind === 'spatial'));
    for (const phrase of ['left of', 'right of', 'above', 'below', 'overlapping']) {
      const of = spatial.filter((each) => each.question.includes(` ${phrase} the `));
      const share = of.filter((each) => each.answer === 'yes').length / of.length;
      expect(Math.abs(share - 0.5)).toBeLessThan(0.12);
    }
  });

  it('draws negatives as the settings say', () => {
    const kindOfQuestion = (question: Question) => /an? (\w+ \w+) \?/.exec(question.question)?.[1] as Kind;
    for (const { scene, questions } of asked) {
      const present = new Set(scene.objects.map((object) => object.kind));
      const absentPartners = [...present].map(partnerOf).filter((kind) => !present.has(kind));
      const ranked = popular.filter((kind) => !present.has(kind));
      for (const question of questions.filter((each) => each.answer === 'no')) {
        const kind = kindOfQuestion(question);
        if (question.setting === 'adversarial' && absentPartners.length > 0)
          expect(absentPartners).toContain(kind);
        if (question.setting === 'popular') expect(ranked.slice(0, 6)).toContain(kind);
      }
    }
  });

  it('asks no text twice among one setting and gives each question its own id', () => {
    for (const { questions } of asked) {
      const texts = questions.map((each) => `${each.setting ?? ''} ${each.question}`);
      expect(new Set(texts).size).toBe(texts.length);
      expect(new Set(questions.map((each) => each.id)).size).toBe(questions.length);
    }
  });

  it('uses known words only', () => {
    const words = new Set(sceneWords());
    const used = asked.flatMap(({ questions }) =>
      questions.flatMap(({ question, answer }) => `${question} ${answer}`.split(' ')),
    );
    expect([...new Set(used)].filter((word) => !words.has(word) && !/^<loc_\d+>$/.test(word))).toEqual([]);
  });

  it('depends on its random source alone', () => {
    const [first] = asked;
    if (!first) throw new Error('no scene');
    const options = { sample: '0', counts: TRAIN_QUESTIONS, popular };
    expect(sceneQuestions(first.scene, createRandom('ask/0'), options)).toEqual(first.questions);
  });
});

describe('popularKinds', () => {
  it('ranks by the number of scenes, ties in the order of the kinds', () => {
    const [first, second] = scenes as [Scene, Scene];
    const ranked = popularKinds([first, first, second]);
    expect(ranked).toHaveLength(KINDS.length);
    expect(first.objects.map((object) => object.kind)).toContain(ranked[0]);
  });
});
