import { jsonLines } from '../choice.test-support.js';
import { refcocoTask } from '../refcoco/refcoco-task.js';
import { sugarcrepeTask } from '../sugarcrepe/sugarcrepe-task.js';
import { winogroundTask } from '../winoground/winoground-task.js';
import { byGroup, groupsOf, meanOf, type PlainRule, shareOf, times } from './plain-rule.test-support.js';

const PAIRS = ['c0_i0', 'c0_i1', 'c1_i0', 'c1_i1'] as const;
/** What a model says of a pair, and its score then: yes is 1, all else 0. */
const WORDS = [
  ['Yes.', 1],
  ['no', 0],
  ['maybe', 0],
  ['yes and no', 0],
] as const;

/** Winoground: each image's own caption above the other's, each caption's own image above the other. */
export const winogroundRule: PlainRule = {
  task: winogroundTask,
  draw(random, dialect) {
    const examples = times(random.int(1, 8), (id) => {
      const drawn = PAIRS.map(() =>
        dialect === 'official' ? (['', random.int(0, 3)] as const) : random.pick(WORDS),
      );
      const [a = 0, b = 0, c = 0, d = 0] = drawn.map(([, score]) => score);
      const text = a > c && d > b;
      const image = a > b && d > c;
      return { id, drawn, text, image, tag: random.pick(['Object', 'Relation']) };
    });
    const rates = (own: typeof examples) => ({
      text: shareOf(own, ({ text }) => text),
      image: shareOf(own, ({ image }) => image),
      group: shareOf(own, ({ text, image }) => text && image),
    });
    const rows = (of: (example: (typeof examples)[number], place: number) => readonly [string, number]) =>
      examples.flatMap((example): unknown[] => {
        const { id } = example;
        if (dialect !== 'official')
          return PAIRS.map((pair, place) => ({ question_id: `${id}/${pair}`, text: of(example, place)[0] }));
        return [{ id, ...Object.fromEntries(PAIRS.map((pair, place) => [pair, of(example, place)[1]])) }];
      });
    return {
      truth: {
        'examples.jsonl': jsonLines(
          examples.map(({ id, tag }) => ({
            ...{ id, caption_0: 'a', caption_1: 'b', image_0: 'x', image_1: 'y', collapsed_tag: tag },
          })),
        ),
      },
      said: rows(({ drawn }, place) => drawn[place] ?? ['', 0]),
      right: rows((_, place) => (place === 0 || place === 3 ? ['Yes', 1] : ['No', 0])),
      wanted: { metrics: rates(examples), byCategory: byGroup(examples, ({ tag }) => tag, rates) },
      full: { metrics: { text: 1, image: 1, group: 1 } },
      none: { metrics: { text: 0, image: 0, group: 0 } },
    };
  },
};

/** SugarCrepe: the true caption above the false one. */
export const sugarcrepeRule: PlainRule = {
  task: sugarcrepeTask,
  dialects: ['official'],
  draw(random) {
    const types = random
      .shuffle(['add_att', 'add_obj', 'replace_rel', 'swap_obj'])
      .slice(0, random.int(1, 4));
    const pairs = types.flatMap((type) =>
      times(random.int(1, 6), (place) => {
        const [positive, negative] = [random.int(-2, 2) / 2, random.int(-2, 2) / 2];
        const id = types.length === 1 && random.chance(0.5) ? place : `${type}/${place}`;
        const isVerdict = random.chance(0.3);
        return { type, place, id, positive, negative, isVerdict, isRight: positive > negative };
      }),
    );
    const share = (own: typeof pairs) => shareOf(own, ({ isRight }) => isRight);
    const ofTypes = groupsOf(pairs, ({ type }) => type).map(([, own]) => share(own) ?? 0);
    return {
      truth: Object.fromEntries(
        groupsOf(pairs, ({ type }) => type).map(([type, own]) => [
          `${type}.json`,
          Object.fromEntries(
            own.map(({ place }) => [place, { filename: 'i.jpg', caption: 'a', negative_caption: 'b' }]),
          ),
        ]),
      ),
      said: pairs.map(({ id, positive, negative, isVerdict, isRight }) =>
        isVerdict ? { id, correct: isRight } : { id, positive, negative },
      ),
      right: pairs.map(({ id }) => ({ id, positive: 0.1, negative: -0.1 })),
      wanted: {
        metrics: { accuracy: share(pairs), meanOfTypes: meanOf(ofTypes) },
        byCategory: byGroup(
          pairs,
          ({ type }) => type,
          (own) => ({ accuracy: share(own) }),
        ),
      },
      full: { metrics: { accuracy: 1, meanOfTypes: 1 } },
      none: { metrics: { accuracy: 0, meanOfTypes: 0 } },
    };
  },
};

/** A picture of 16 by 8 pixels: its fractions are exact, and so are those of the square of 16 around it. */
const [WIDTH, HEIGHT] = [16, 8];
type Corners = readonly [number, number, number, number];

/** How a box is written, by what a dialect reads in it. */
const BOX_FORMS: Readonly<Record<string, readonly ((box: Corners) => object)[]>> = {
  official: [
    (box) => ({ bbox: box }),
    (box) => ({ text: `It is at [${box.join(', ')}].` }),
    ([a, b, c, d]) => ({ text: `[${[a / WIDTH, b / HEIGHT, c / WIDTH, d / HEIGHT].join(', ')}]` }),
    ([a, b, c, d]) => ({
      text: `<ref>it</ref><box>(${(1000 * a) / WIDTH},${(1000 * b) / HEIGHT}),(${(1000 * c) / WIDTH},${(1000 * d) / HEIGHT})</box>`,
    }),
  ],
  llava: [
    (box) => ({ bbox: box }),
    ([a, b, c, d]) => ({ text: `[${[a, b + 4, c, d + 4].map((each) => each / WIDTH).join(', ')}]` }),
  ],
};

/** RefCOCO: the overlap of two boxes, counted pixel by pixel. */
export const refcocoRule: PlainRule = {
  task: refcocoTask,
  draw(random, dialect) {
    const box = (): Corners => {
      const [x, y] = [random.int(0, WIDTH - 2), random.int(0, HEIGHT - 2)];
      return [x, y, random.int(x + 2, WIDTH), random.int(y + 2, HEIGHT)];
    };
    const isIn = ([x0, y0, x1, y1]: Corners, x: number, y: number) => x >= x0 && x < x1 && y >= y0 && y < y1;
    const pixels = times(WIDTH * HEIGHT, (at) => [at % WIDTH, Math.floor(at / WIDTH)] as const);
    const rows = times(random.int(1, 8), (id) => {
      const truth = box();
      const [x0, y0, x1, y1] = truth;
      // Half of a box of an even width overlaps it by exactly 0.5.
      const half: Corners = [x0, y0, x0 + Math.ceil((x1 - x0) / 2), y1];
      const said = random.pick([undefined, truth, half, box(), box()]);
      const shared = pixels.filter(([x, y]) => said && isIn(truth, x, y) && isIn(said, x, y)).length;
      const either = pixels.filter(([x, y]) => isIn(truth, x, y) || (said && isIn(said, x, y))).length;
      return { id, truth, said, overlap: shared / either, split: random.pick(['val', 'testA']) };
    });
    const written = (id: number, corners: Corners | undefined) => ({
      question_id: id,
      ...(corners === undefined
        ? { text: 'It is not there' }
        : random.pick(BOX_FORMS[dialect] ?? [])(corners)),
    });
    const rates = (own: typeof rows) => ({
      precisionAt50: shareOf(own, ({ overlap }) => overlap >= 0.5),
      meanIou: meanOf(own.map(({ overlap }) => overlap)),
    });
    return {
      truth: {
        'refs.json': rows.map(({ id, truth, split }) => ({
          ...{ question_id: id, image: 'i.jpg', sent: 'it', bbox: truth, split },
          ...{ width: WIDTH, height: HEIGHT },
        })),
      },
      said: rows.map(({ id, said }) => written(id, said)),
      right: rows.map(({ id, truth }) => written(id, truth)),
      wanted: { metrics: rates(rows), byCategory: byGroup(rows, ({ split }) => split, rates) },
      full: { metrics: { precisionAt50: 1, meanIou: 1 } },
      none: { metrics: { precisionAt50: 0, meanIou: 0 } },
    };
  },
};
