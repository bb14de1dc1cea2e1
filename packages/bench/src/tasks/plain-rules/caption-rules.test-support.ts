import type { Random } from '@fgam/data';
import { amberTask } from '../amber/amber-task.js';
import { chairTask } from '../chair/chair-task.js';
import { byGroup, type PlainRule, shareOf, times } from './plain-rule.test-support.js';

/** What a caption may say, and the class of COCO that it names. */
const PHRASES: readonly (readonly [string, string | undefined])[] = [
  ['a cat', 'cat'],
  ['two kittens', 'cat'],
  ['some dogs', 'dog'],
  ['a hot dog', 'hot dog'],
  ['a table', 'dining table'],
  ['the man', 'person'],
  ['women', 'person'],
  ['a Pizza', 'pizza'],
  ['a tree', undefined],
  ['much grass', undefined],
];
const CLASSES = ['cat', 'dog', 'hot dog', 'dining table', 'person', 'pizza'];

/** CHAIR: of the classes that captions name those that are not there. What each phrase names is known beforehand. */
export const chairRule: PlainRule = {
  task: chairTask,
  draw(random) {
    const images = times(random.int(1, 6), (id) => ({
      id,
      there: CLASSES.filter(() => random.chance(0.5)),
      said: times(random.int(0, 6), () => random.pick(PHRASES)),
    })).map((image) => ({ ...image, named: image.said.flatMap(([, name]) => name ?? []) }));
    const all = images.flatMap(({ named, there }) =>
      named.map((name) => ({ name, isWrong: !there.includes(name) })),
    );
    const objects = images.flatMap(({ there, named }) => there.map((name) => named.includes(name)));
    return {
      truth: {
        'instances_val.json': {
          images: images.map(({ id }) => ({ id, file_name: `${id}.jpg` })),
          categories: CLASSES.map((name, id) => ({ id, name })),
          annotations: images.flatMap(({ id, there }) =>
            there.map((name) => ({ image_id: id, category_id: CLASSES.indexOf(name) })),
          ),
        },
      },
      said: images.map(({ id, said }) => ({
        image_id: id,
        caption: `There is ${said.map(([text]) => text).join(', ')}.`,
      })),
      right: images.map(({ id, there }) => ({ image_id: id, caption: there.join(' and ') })),
      wanted: {
        metrics: {
          chairS: shareOf(images, ({ named, there }) => named.some((name) => !there.includes(name))),
          chairI: shareOf(all, ({ isWrong }) => isWrong),
          recall: shareOf(objects, (isNamed) => isNamed),
        },
        byCategory: byGroup(
          all,
          ({ name }) => name,
          (own) => ({ chairI: shareOf(own, ({ isWrong }) => isWrong), named: own.length }),
        ),
      },
      full: { metrics: { chairS: 0, ...(objects.length > 0 ? { chairI: 0, recall: 1 } : {}) } },
      // Captions tell which images are scored: a file without any is refused, and this is of empty ones.
      none: { metrics: { chairS: 0, chairI: null, ...(objects.length > 0 ? { recall: 0 } : {}) } },
    };
  },
};

/** Objects of AMBER's association with the words that stand for them; the sun is safe. */
const OBJECTS = { ship: ['boat'], dog: ['puppy'], sky: [], car: ['taxi'], bird: ['gull'], sun: [] } as const;
const OBJECT_NAMES = Object.keys(OBJECTS) as (keyof typeof OBJECTS)[];
const TYPES = [
  'discriminative-hallucination',
  'discriminative-attribute-state',
  'discriminative-attribute-number',
  'discriminative-relation',
];
/** The official script's guards against a division by zero. */
const NONE = 0.001;
const round = (value: number) => Math.round(10 * value) / 10;

/** AMBER: words of descriptions, and yes/no answers where no is positive. */
export const amberRule: PlainRule = {
  task: amberTask,
  draw(random) {
    const items = random.chance(0.8) ? times(random.int(1, 5), (id) => describedItem(random, id)) : [];
    const questions = times(
      items.length === 0 ? random.int(1, 12) : random.int(0, 12),
      (place): Question => ({
        ...{ id: 100 + place, type: random.pick(TYPES), truth: random.pick(['yes', 'no'] as const) },
        response: random.pick(['Yes', 'No', 'Yes', 'No', 'yes', 'No.']),
      }),
    );
    const described = items.length === 0 ? undefined : descriptionScores(items);
    const answered = questions.length === 0 ? undefined : answerScores(questions, 0.0001);
    const mean = described && answered ? (100 - described.chair + answered.f1) / 2 : null;
    const existence = questions.filter(({ type }) => type === TYPES[0]);
    const attribute = questions.filter(({ type }) => type.includes('attribute'));
    return {
      truth: {
        'annotations.json': [
          ...items.map(({ id, there, thought }) => ({
            id,
            type: 'generative',
            truth: there,
            hallu: thought,
          })),
          ...questions.map(({ id, type, truth }) => ({ id, type, truth })),
        ],
        'relation.json': OBJECTS,
        'safe_words.txt': 'sun\n',
      },
      said: [
        ...items.map(({ id, words }) => ({ id, response: `Here: ${words.join(' by a ')}, and a table.` })),
        ...questions.map(({ id, response }) => ({ id, response })),
      ],
      right: [
        ...items.map(({ id, there }) => ({ id, response: there.join(' ') })),
        ...questions.map(({ id, truth }) => ({ id, response: truth === 'yes' ? 'Yes' : 'No' })),
      ],
      wanted: {
        metrics: { amber: mean, ...described, ...answered },
        byCategory: {
          ...(existence.length > 0 ? { existence: answerScores(existence, 0.001) } : {}),
          ...(attribute.length > 0 ? { attribute: answerScores(attribute, 0.0001) } : {}),
        },
      },
      full: {
        metrics: {
          ...(described
            ? { chair: 0, cog: 0, hal: round(100 - (100 * items.length) / (items.length + NONE)) }
            : {}),
          ...(answered ? { accuracy: round((100 * questions.length) / (questions.length + NONE)) } : {}),
        },
      },
      none: {
        metrics: {
          ...(described ? { cover: 0, hal: 100 } : {}),
          ...(answered ? { accuracy: 0, precision: 0, recall: 0, f1: 0 } : {}),
        },
      },
    };
  },
};

interface Question {
  readonly id: number;
  readonly type: string;
  readonly truth: 'yes' | 'no';
  readonly response: string;
}

interface Described {
  readonly id: number;
  readonly there: readonly string[];
  readonly thought: readonly string[];
  readonly words: readonly string[];
  readonly meant: readonly string[];
}

function describedItem(random: Random, id: number): Described {
  const there = OBJECT_NAMES.filter(() => random.chance(0.4));
  const thought = OBJECT_NAMES.filter((name) => !there.includes(name) && random.chance(0.4));
  const meant = times(random.int(0, 6), () => random.pick(OBJECT_NAMES));
  return { id, there, thought, meant, words: meant.map((name) => random.pick([name, ...OBJECTS[name]])) };
}

function descriptionScores(items: readonly Described[]) {
  const counts = items.map(({ there, thought, meant }) => {
    const wrong = meant.filter((name) => name !== 'sun' && !there.includes(name));
    const covered = new Set(meant.filter((name) => name !== 'sun' && there.includes(name))).size;
    const imagined = new Set(wrong.filter((name) => thought.includes(name))).size;
    return [meant.length, wrong.length, there.length, covered, thought.length, imagined] as const;
  });
  const sum = (column: number) => counts.reduce((total, each) => total + (each[column] ?? 0), 0);
  const clean = counts.filter(([, wrong]) => wrong === 0).length;
  return {
    chair: round((100 * sum(1)) / (sum(0) + NONE)),
    cover: round((100 * sum(3)) / (sum(2) + NONE)),
    hal: round(100 - (100 * clean) / (counts.length + NONE)),
    cog: round((100 * sum(5)) / (sum(4) + NONE)),
  };
}

function answerScores(questions: readonly Question[], guard: number) {
  const count = (test: (question: Question) => boolean) => questions.filter(test).length;
  const hits = count(({ truth, response }) => truth === 'no' && response === 'No');
  const precision = round((100 * hits) / (count(({ response }) => response === 'No') + NONE));
  const recall = round((100 * hits) / (count(({ truth }) => truth === 'no') + NONE));
  const [p, r] = [precision / 100, recall / 100];
  const right = count(({ truth, response }) => response === (truth === 'yes' ? 'Yes' : 'No'));
  return {
    accuracy: round((100 * right) / (questions.length + NONE)),
    ...{ precision, recall, f1: round((200 * p * r) / (p + r + guard)) },
  };
}
